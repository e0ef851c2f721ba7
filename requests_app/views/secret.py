"""Pages behind a secret link: whoever has the address may act, so the address must not travel."""

from functools import wraps

from django.shortcuts import redirect

from requests_app.access import LinkEnded
from requests_app.models import Booking

ORDERED = "ordered"  # the session's own orders, by their public ids
MOST_ORDERS = 20


def secret_page(view):
    """No other site, and no log of our own, learns the address from a link on the page (PRODUCT B11).

    That no cache and no search engine keeps it is the rule of the house (mila.middleware.PrivatePages, FAULT A13).
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        try:
            response = view(request, *args, **kwargs)
        except LinkEnded:
            response = redirect("requests_app:ended", kwargs["token"])
        # Not no-referrer: with it browsers send "Origin: null" with every form, which CSRF protection must refuse.
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return inner


def remember_order(request, booking: Booking) -> None:
    """This browser ordered: it may correct an address that is not proved yet (PRODUCT B12)."""
    request.session[ORDERED] = [*request.session.get(ORDERED, []), str(booking.uuid)][-MOST_ORDERS:]


def has_ordered(request, booking: Booking) -> bool:
    return str(booking.uuid) in request.session.get(ORDERED, [])


def sent(request):
    """The form that was sent, also when it is empty; None while the page is only looked at."""
    return request.POST if request.method == "POST" else None
