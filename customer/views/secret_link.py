"""Pages behind a secret link: whoever has the address may act, so the address must not travel."""

from functools import wraps

from django.http import Http404
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac

from mila.encrypted_fields import fingerprint
from requests_app.access import LinkEnded, bookings_of_browser, draft_of_browser
from requests_app.models import Booking

ORDERED = "ordered"  # the session's own orders, by their public ids
# links of drafts that were made anew in this browser: hash of the old one -> of the new one
MOVED = "moved"
OWN = "own"  # drafts that were begun or taken over here: public id -> who was signed in then
CARDS = "cards"  # the card that was typed or chosen here for a draft: public id -> a keyed hash
SETUPS = "setups"  # the numbers of the tries to save a card that were opened here
TYPED = "typed"  # what this browser wrote of the way to a draft's door: public id -> a keyed hash
MOST = 20


def secret_page(view):
    """No other site, and no log of our own, learns the address from a link on the page (rule B11).

    That no cache and no search engine keeps it is the rule of the house
    (mila.web.middleware.PrivatePages, fault A13).
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        try:
            response = view(request, *args, **kwargs)
        except LinkEnded:
            response = redirect("customer:ended", kwargs["token"])
        except Http404:
            draft = _moved(request, kwargs.get("token", ""))
            if draft is None or len(kwargs) > 1:
                raise
            response = redirect(request.resolver_match.view_name, draft.token)
        # Not no-referrer: with it browsers send "Origin: null" with every form, which CSRF
        # protection must refuse.
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return inner


def remember_own(request, booking: Booking) -> None:
    """This browser has begun the draft, or made it its own at the contact step."""
    own = {**request.session.get(OWN, {}), str(booking.uuid): _who(request)}
    request.session[OWN] = dict([*own.items()][-MOST:])


def is_own(request, booking: Booking) -> bool:
    """Whether it was made this browser's own by who is signed in now; a link that was looked at
    makes nothing so.

    What a guest began is not the account's that signs in later: somebody else may have sat there.
    """
    return request.session.get(OWN, {}).get(str(booking.uuid)) == _who(request)


def _who(request) -> str:
    return str(request.user.pk) if request.user.is_authenticated else ""


def remember_move(request, old_token: str, booking: Booking) -> None:
    """The link was made anew under this browser's hands: "back" leads to the draft none the less
    (rule B1).
    """
    if booking.token != old_token:
        moved = {**request.session.get(MOVED, {}), fingerprint(old_token): booking.token_hash}
        request.session[MOVED] = dict([*moved.items()][-MOST:])


def _moved(request, token: str) -> Booking | None:
    """The draft that this link led to, as long as its newest link was made here too."""
    moved, link_hash = request.session.get(MOVED, {}), fingerprint(token)
    for _each in moved:
        link_hash = moved.get(link_hash, link_hash)
    return draft_of_browser(link_hash) if moved else None


def remember_typed(request, booking: Booking, door_code: str) -> None:
    typed = {**request.session.get(TYPED, {}), str(booking.uuid): _mark(booking, door_code)}
    request.session[TYPED] = dict([*typed.items()][-MOST:])


def shows_door_code(request, booking: Booking) -> bool:
    """Whether a draft shows the way to the door: to the browser that wrote it, and to no other.

    The link alone, which goes out by mail to what may be a mistyped address, shows it to nobody
    (rule B12).
    """
    door_code = booking.contact.door_code
    typed = request.session.get(TYPED, {}).get(str(booking.uuid))
    return not door_code or typed == _mark(booking, door_code)


def remember_card(request, booking: Booking) -> None:
    """The draft's card was typed or chosen in this browser."""
    cards = {**request.session.get(CARDS, {}), str(booking.uuid): _mark(booking, booking.card)}
    request.session[CARDS] = dict([*cards.items()][-MOST:])


def card_of_browser(request, booking: Booking) -> str:
    """The draft's card, where this browser typed or chose it; empty for whoever has but the link
    (rule B12).
    """
    typed = request.session.get(CARDS, {}).get(str(booking.uuid))
    return booking.card if booking.card and typed == _mark(booking, booking.card) else ""


def remember_setup(request, setup_id: int) -> None:
    """Its fields are shown here: what is confirmed in them was typed here, also after the bank's
    own page.
    """
    found = setups_of_browser(request)
    if setup_id not in found:
        request.session[SETUPS] = [*found, setup_id][-MOST:]


def setups_of_browser(request) -> list[int]:
    return request.session.get(SETUPS, [])


def _mark(booking: Booking, secret: str) -> str:
    return salted_hmac(
        "requests_app.typed_here", f"{booking.uuid}:{secret}", algorithm="sha256"
    ).hexdigest()


def remember_order(request, booking: Booking) -> None:
    """This browser ordered: it may correct an address that is not proved yet (rule B12)."""
    request.session[ORDERED] = [*request.session.get(ORDERED, []), str(booking.uuid)][-MOST:]


def ordered_here(request) -> list[Booking]:
    """The session's own orders."""
    return bookings_of_browser(request.session.get(ORDERED, []))


def has_ordered(request, booking: Booking) -> bool:
    return str(booking.uuid) in request.session.get(ORDERED, [])


def sent(request):
    """The form that was sent, also when it is empty; None while the page is only looked at."""
    return request.POST if request.method == "POST" else None
