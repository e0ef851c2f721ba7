"""The technician's offers: the one that is theirs for two minutes, and those still open to them
(rule D3-D8).
"""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import notifications
from dispatch import access, offers
from dispatch.models import DeclineReason, Offer, OfferState
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams.publish import stream_url
from mila.web.htmx import go, page_or_part
from partner import offer_cards
from partner.forms.offers import ClaimForm, DeclineForm
from requests_app.access import technician_page


@technician_page
@require_safe
def offers_page(request, technician):
    """The offer that is theirs now, at once; else what is still open to them."""
    live = offer_cards.live_offer(technician, mila_now())
    if live is not None:
        return go(request, "partner:offer", live.pk)
    return _list(request, technician)


@technician_page
@require_safe
def waiting(request, technician):
    """How many offers wait, for whatever page of the app is open; and where it hears of the next
    one.
    """
    at = mila_now()
    live = offer_cards.live_offer(technician, at) is not None
    return JsonResponse(
        {
            "count": len(offer_cards.open_jobs(technician, at)) or int(live),
            "live": live,
            "stream": stream_url(f"technician:{technician.pk}"),
        }
    )


@technician_page
@require_safe
def offer(request, technician, pk):
    """One offer on the whole screen. Opening it starts their own two minutes (rule D4).

    A plain GET does that although it writes: it can only shorten the time they have, a repeat
    changes nothing, and a page that needed a second step would not count for somebody without
    script.
    """
    found = access.offer_for_technician(technician, pk)
    if found.state == OfferState.OPEN and found.viewed_at is None:
        offers.acknowledge(found.pk, technician.pk)
        found = access.offer_for_technician(technician, pk)
    if not request.htmx:
        notifications.mark_seen(found.booking.uuid, user=request.user)
    if request.htmx and offer_cards.offer_card(found, mila_now()).display_state == request.GET.get(
        "seen"
    ):
        # still true: an open sheet or a chosen time is not disturbed
        return HttpResponse(status=204)
    return _card(request, technician, found)


@technician_page
@require_POST
def claim(request, technician, pk):
    """They take it, at the wish they chose."""
    found = access.offer_for_technician(technician, pk)
    form = ClaimForm(request.POST, offer=found)
    if not form.is_valid():
        return _card(request, technician, found, refused=form.errors["wish"][0], status=422)
    try:
        booking = offers.claim(
            found.booking_id, technician.pk, rank=form.cleaned_data["wish"], by=request.user
        )
    except (offers.OfferExpired, offers.OfferTaken):
        # says so itself
        return _card(request, technician, access.offer_for_technician(technician, pk), status=409)
    except Refusal as refusal:
        found = access.offer_for_technician(technician, pk)
        return _card(request, technician, found, refused=refusal.sentence, status=409)
    messages.success(
        request, _("The job is yours. Call first, please: the clock on this page says until when.")
    )
    return go(request, "partner:job", booking.uuid)


@technician_page
@require_POST
def decline(request, technician, pk):
    """Not for them; one that is over already stays as it ended."""
    found = access.offer_for_technician(technician, pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _card(
            request, technician, found, refused=_("Please tap one of the reasons."), status=422
        )
    found = offers.decline(found.pk, technician.pk, reason=form.cleaned_data["reason"])
    if found.state == OfferState.DECLINED:
        messages.success(
            request, _("Thank you, the next one is asked now. This counts nowhere against you.")
        )
    return go(request, "partner:offers")


@technician_page
@require_POST
def tap(request, technician, uuid):
    """A technician asks for a window of their own (rule D5, D6)."""
    booking = access.shown_booking(technician, uuid)
    # Their own last window may be over without the sweep having seen it: then it does not stand in
    # their way.
    for old in Offer.objects.filter(booking=booking, technician=technician, state=OfferState.OPEN):
        offers.expire(old.pk)
    try:
        opened = offers.tap(booking.pk, technician.pk)
    except offers.WindowHeld as held:
        messages.info(request, held.sentence)
        return _list(request, technician) if request.htmx else go(request, "partner:offers")
    except Refusal as refusal:
        messages.warning(request, refusal.sentence)
        return _list(request, technician, status=409)
    return go(request, "partner:offer", opened.pk)


@technician_page
@require_POST
def keep_in_reserve(request, technician, uuid):
    """Somebody else has the job; should it be lost, they want to be asked first (rule L2)."""
    booking = access.shown_booking(technician, uuid)
    try:
        offers.keep_in_reserve(booking.pk, technician.pk)
    except Refusal as refusal:
        messages.warning(request, refusal.sentence)
        return _list(request, technician, status=409)
    messages.success(request, _("You are in reserve. You can take it back at any time."))
    return _list(request, technician) if request.htmx else go(request, "partner:offers")


@technician_page
@require_POST
def leave_reserve(request, technician, uuid):
    """Taken back in one tap."""
    booking = access.shown_booking(technician, uuid)
    offers.leave_reserve(booking.pk, technician.pk)
    messages.success(request, _("You are no longer in reserve. This counts nowhere against you."))
    return _list(request, technician) if request.htmx else go(request, "partner:offers")


def _list(request, technician, *, status=200):
    at = mila_now()
    jobs = offer_cards.open_jobs(technician, at)
    shown = {job.booking.pk for job in jobs}
    context = {
        "jobs": jobs,
        "paused": "" if jobs else offer_cards.why_paused(technician, at),
        "reserve": [
            job for job in offer_cards.reserve_jobs(technician, at) if job.booking.pk not in shown
        ],
        "technician": technician,
        "offers_waiting": len(jobs),
        "live_url": stream_url(f"technician:{technician.pk}"),
        "tab": "offers",
    }
    return page_or_part(request, "partner/offers.html", "open", context, status=status)


def _card(request, technician, found, *, refused="", status=200):
    card = offer_cards.offer_card(found, mila_now())
    if card.display_state == "mine":
        return go(request, "partner:job", card.booking.uuid)
    context = {
        "card": card,
        "refused": refused,
        "live_offer_page": True,  # no line about what is on the screen already
        "reasons": [(value, label, ICONS[value]) for value, label in DeclineReason.choices],
        "live_url": stream_url(f"technician:{technician.pk}"),
    }
    return page_or_part(request, "partner/offer.html", "answer", context, status=status)


ICONS = {
    DeclineReason.FAR: "pin",
    DeclineReason.TIME: "calendar",
    DeclineReason.PAY: "wallet",
    DeclineReason.SKILL: "tools",
}
