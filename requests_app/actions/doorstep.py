"""Place and time of a wait at the door, kept as evidence; and what the customer is told of it
(rule B10, L11).
"""

from dataclasses import dataclass
from datetime import datetime

from places.distance import metres
from places.geocoding import OWN_POINT
from requests_app.lifecycle import Locked
from requests_app.models import (
    Assignment,
    Booking,
    BookingContact,
    DoorMove,
    DoorPlace,
    door_places,
    last_made_at,
    was_at_the_door,
)


@dataclass(frozen=True)
class PhonePlace:
    """Where a phone says it is, in degrees, and how far off that may be, in metres."""

    lat: float
    lon: float
    accuracy_m: int


@dataclass(frozen=True)
class WaitReport:
    """What the technician says of a visit in vain: when, and where their phone was then."""

    arrived_at: datetime | None
    ended_at: datetime | None
    arrival: DoorPlace | None
    end: DoorPlace | None
    at_the_door: bool


def keep_place(booking: Locked, move: DoorMove, place: PhonePlace | None, at: datetime) -> None:
    """Write down where the phone was at this move; without a place nothing.

    In the move's own transaction.
    """
    if place is None:
        return
    DoorPlace.objects.create(
        assignment=Assignment.objects.get(booking=booking, ended_at=None),
        move=move,
        at=at,
        point=f"{place.lat:.6f} {place.lon:.6f}",
        accuracy_m=place.accuracy_m,
        metres=_from_the_door(booking, place),
    )


def _from_the_door(booking: Booking, place: PhonePlace) -> int | None:
    """In whole metres. None where only the middle of the town is known: a distance from it would
    say nothing.
    """
    house = BookingContact.objects.filter(
        booking=booking, precision__in=OWN_POINT, lat__isnull=False
    )
    point = house.values_list("lat", "lon").first()
    return round(metres(place.lat, place.lon, *point)) if point else None


def wait_report(booking: Booking) -> WaitReport:
    """Of whoever has it now. An arrival that was taken back, or of an earlier appointment, is
    none.
    """
    places = door_places(booking)
    return WaitReport(
        arrived_at=last_made_at(booking, DoorMove.ARRIVE),
        ended_at=last_made_at(booking, DoorMove.FAIL),
        arrival=places.get(DoorMove.ARRIVE),
        end=places.get(DoorMove.FAIL),
        at_the_door=was_at_the_door(booking),
    )
