"""After the search's sweep stood still: windows that ended meanwhile are
nobody's lapse (fault T2).
"""

from django.db.models import QuerySet

from dispatch.models import Offer, OfferState
from dispatch.offers import windows
from mila.clock import mila_now
from mila.outages import Outage, recover
from requests_app.lifecycle import lock_booking
from requests_app.outages import recover_bookings

SWEEP = "offers"  # the heartbeat of the search's sweep


def recover_searches() -> int:
    """Promises first: whether a search goes on hangs on the booking's clock.

    To be called before the sweep.
    """
    return recover_bookings() + recover(SWEEP, _open_offers, withdraw)


def _open_offers(after: int) -> QuerySet:
    return (
        Offer.objects.filter(state=OfferState.OPEN, pk__gt=after)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def withdraw(offer_id: int, outage: Outage) -> None:
    """A window that nobody could see through ends without fault, and the search goes on, one window
    at a time.

    One that is still open stays: it was opened by a person's own tap a moment ago.
    """
    booking = lock_booking(Offer.objects.values_list("booking_id", flat=True).get(pk=offer_id))
    offer = Offer.objects.select_for_update(of=("self",)).select_related("search").get(pk=offer_id)
    at = mila_now()
    if offer.state != OfferState.OPEN or not windows.is_over(offer, at):
        return
    windows.end(offer, OfferState.WITHDRAWN, at)
    if offer.search.ended_at is None and not windows.is_fenced(offer, booking):
        windows.look_again(offer.search, at)
