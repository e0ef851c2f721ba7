"""Small steps the tests of the search share: time goes by, windows end, somebody stands so far
away.
"""

from datetime import timedelta

from dispatch import offers
from dispatch.models import Offer, Search
from mila.clock import mila_now, set_clock
from places.distance import METRES_PER_DEGREE
from requests_app.actions import visit
from requests_app.models import State
from tests import factories
from tests.cast import walk


def later(**span):
    """The stopped clock stands so much later."""
    at = mila_now() + timedelta(**span)
    set_clock(at, speed=0)
    return at


def at(instant):
    set_clock(instant, speed=0)
    return instant


def technician(*, north_m=0, **kwargs):
    """One who may be asked, that far north of the door."""
    lat = factories.LYON["lat"] + north_m / METRES_PER_DEGREE
    return factories.TechnicianFactory(lat=lat, **kwargs)


def lapse(offer, *, seen=True):
    """They let it go by; the clock stands at its end."""
    if seen:
        offer = offers.acknowledge(offer.pk, offer.technician_id)
    at(offer.expires_at)
    assert offers.expire(offer.pk)
    offer.refresh_from_db()
    return offer


def pooled(booking):
    """The booking stands in the pool: five windows have ended."""
    offer = offers.open_next(booking.pk)
    if offer is not None:
        offers.decline(offer.pk, offer.technician_id, reason="time")
        Offer.objects.filter(pk=offer.pk).delete()
    Search.objects.filter(booking=booking).update(windows_ended=5)
    assert offers.open_next(booking.pk) is None
    run = Search.objects.get(booking=booking, ended_at=None)
    assert run.pool_at is not None
    return run


def states(booking):
    return list(
        Offer.objects.filter(booking=booking).order_by("pk").values_list("state", flat=True)
    )


def moves(booking):
    return list(booking.events.values_list("move", flat=True))


def taken(booking, late, fast, *, until=State.CLAIMED):
    """The first, better one lets it lapse; the other takes it."""
    offer = offers.open_next(booking.pk)
    assert offer.technician_id == late.pk
    lapse(offer)
    return walk(booking, fast, until)


def release(booking, who):
    return visit.release(booking.pk, who.pk, by=who.user, reason="Ill")


def reserves():
    """Who is in reserve, wherever."""
    return list(Offer.objects.in_reserve().values_list("technician_id", flat=True))
