"""Each second: windows that are over, searches that are due, and what a lost message left behind (PRODUCT D3, STYLE 5)."""

import logging
from collections.abc import Callable, Iterable

from django.db.models import Exists, F, Max, OuterRef, Q, Subquery

from dispatch import offers
from dispatch.models import Offer, OfferState, Search
from mila.clock import MilaNow
from requests_app.models import OFFERED, Booking, BookingEvent

log = logging.getLogger(__name__)
BATCH = 200


def sweep() -> int:
    """One round; answers how many rows it handled."""
    return (
        _each(
            offers.expire,
            _ids(Offer.objects.filter(state=OfferState.OPEN, expires_at__lte=MilaNow()).order_by("expires_at")),
        )
        + _each(offers.withdraw, outdated_bookings())
        + _each(offers.search, _ids(Search.objects.filter(next_at__lte=MilaNow()).order_by("next_at"), "booking_id"))
        + _each(offers.search, unsearched_bookings())
    )


def outdated_bookings() -> list[int]:
    """Bookings whose open or queued offers a later move has fenced: their withdrawal was lost on the way."""
    stale = Offer.objects.filter(state__in=[OfferState.OPEN, OfferState.QUEUED]).filter(
        ~Q(booking__state__in=OFFERED) | (Q(state=OfferState.OPEN) & ~Q(epoch=F("booking__epoch")))
    )
    over = Search.objects.filter(ended_at=None).exclude(booking__state__in=OFFERED)
    return [*_ids(stale.distinct(), "booking_id"), *_ids(over, "booking_id")]


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
    waiting = Booking.objects.filter(state__in=OFFERED).annotate(opened=Subquery(opened)).filter(~Exists(begun))
    return _ids(waiting.filter(opened__isnull=False).order_by("last_start_at"))


def _ids(queryset, column: str = "pk") -> list[int]:
    return list(queryset.values_list(column, flat=True)[:BATCH])


def _each(handle: Callable[[int], object], ids: Iterable[int]) -> int:
    handled = 0
    for pk in ids:
        try:
            handled += bool(handle(pk))
        except Exception:
            # One poisoned row must not stop the others (FAULT T15); the next round finds it again.
            log.exception("%s %s", handle.__name__, pk)
    return handled
