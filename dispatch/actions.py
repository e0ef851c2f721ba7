"""What ops do to a search by hand (rule O1)."""

from django.utils.translation import gettext_lazy as _

from dispatch import offers
from dispatch.models import Offer, OfferState, Search
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app.lifecycle import lock_booking
from requests_app.models import OFFERED


class NothingToSearch(Refusal):
    sentence = _("Nobody is being looked for.")


class WindowRuns(Refusal):
    sentence = _(
        "A technician is looking at it right now; the search goes on by itself after that."
    )


def search_again(booking_id: int) -> Offer | None:
    """Ask the next technician at once; a search that found nobody begins anew. Answers the window
    that is open now.

    Raises NothingToSearch, WindowRuns. The rules of the search hold: nobody is asked at night, none
    beyond the limits.
    """
    _wake(booking_id)
    return offers.open_next(booking_id)


@verb
def _wake(booking_id: int) -> None:
    booking = lock_booking(booking_id)
    if booking.state not in OFFERED:
        raise NothingToSearch
    if Offer.objects.filter(booking=booking, state=OfferState.OPEN).exists():
        raise WindowRuns
    last = Search.objects.filter(booking=booking).order_by("-round").first()
    if last is not None:
        last.ended_at, last.end, last.next_at = None, "", mila_now()
        last.save(update_fields=["ended_at", "end", "next_at"])
