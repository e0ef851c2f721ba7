"""Each second: windows that are over, searches that are due, what a lost message left behind
(rule D3).
"""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import takewhile

from django.db.models import Exists, F, Max, OuterRef, Q, Subquery

from dispatch import offers, outages, tracing
from dispatch.models import Offer, OfferState, Search
from mila.clock import MilaNow
from mila.sweeping import handle_each
from requests_app.models import OFFERED, Booking, BookingEvent

BATCH = 200
PUSH_BACK = timedelta(minutes=1)
COUNTING = 5  # seconds of each round: a trace may look at a whole town


def sweep() -> int:
    """One round; answers how many rows it handled."""
    outages.recover_searches()
    return (
        expire_windows()
        + _each(offers.withdraw, outdated_bookings())
        + continue_searches()
        + _each(offers.open_next, unsearched_bookings())
    )


def expire_windows() -> int:
    """Windows that are over end, and the next technician is asked."""
    over = Offer.objects.filter(state=OfferState.OPEN, expires_at__lte=MilaNow()).order_by(
        "expires_at"
    )
    return _each(offers.expire, _ids(over))


def continue_searches() -> int:
    """Searches whose next step is due."""
    due = Search.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    return _each(offers.open_next, _ids(due, "booking_id"), _push_search)


def outdated_bookings() -> list[int]:
    """Bookings whose open or queued offers a later move has fenced: their withdrawal was lost on
    the way.

    And those that nobody needs to be in reserve for: arriving, for one, sends no message.
    """
    stale = Offer.objects.filter(state__in=[OfferState.OPEN, OfferState.QUEUED]).filter(
        ~Q(booking__state__in=OFFERED) | (Q(state=OfferState.OPEN) & ~Q(epoch=F("booking__epoch")))
    )
    over = Search.objects.filter(ended_at=None).exclude(booking__state__in=OFFERED)
    reserves = (
        Offer.objects.reserve_over()
        .exclude(booking__state__in=OFFERED)
        .order_by("booking")
        .distinct()
    )
    return [
        *_ids(stale.distinct(), "booking_id"),
        *_ids(over, "booking_id"),
        *_ids(reserves, "booking_id"),
    ]


def unsearched_bookings() -> list[int]:
    """Bookings that look for somebody while no search was begun for the event that opened them."""
    opened = (
        BookingEvent.objects.filter(booking=OuterRef("pk"), target__in=OFFERED)
        .order_by()
        .values("booking")
        .annotate(last=Max("sequence"))
        .values("last")
    )
    begun = Search.objects.filter(booking=OuterRef("pk"), round=OuterRef("opened"))
    waiting = (
        Booking.objects.filter(state__in=OFFERED)
        .annotate(opened=Subquery(opened))
        .filter(~Exists(begun))
    )
    return _ids(waiting.filter(opened__isnull=False).order_by("last_start_at"))


def count_exclusions() -> int:
    """Of whom searches have passed over, how many by which rule (rule D9).

    Answers how many traces it completed.
    """
    until = time.monotonic() + COUNTING
    in_time = takewhile(lambda _pk: time.monotonic() < until, _ids(tracing.uncounted()))
    return _each(tracing.count_exclusions, in_time)


def _ids(queryset, column: str = "pk") -> list[int]:
    return list(queryset.values_list(column, flat=True)[:BATCH])


def _push_search(booking_id: int) -> None:
    Search.objects.filter(booking=booking_id, next_at__lte=MilaNow()).update(
        next_at=MilaNow() + PUSH_BACK
    )


def _each(
    handle: Callable[[int], object], ids: Iterable[int], push: Callable[[int], None] | None = None
) -> int:
    """A search that raises comes again in a minute; a window's end is a promise and stays where it
    is.
    """
    return sum(map(bool, handle_each(handle, ids, push)))
