"""Technicians and bookings in bulk, as the verbs would leave them."""

import time
from datetime import UTC, datetime, timedelta

from accounts.models import PartnerProfile, Technician, TechnicianSkill, User, WeeklyHours
from accounts.search import refresh_search_rows
from dispatch.models import Search
from policy.figures import Policy
from requests_app import lifecycle_events, price_versions
from requests_app.models import (
    AcceptanceKind,
    Booking,
    BookingContact,
    BookingEvent,
    QuoteOrigin,
    State,
    Wish,
)
from tests import factories

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
AT_ONCE = 1000  # rows of the wide tables; a statement takes 65,535 values


def make_technicians(places, *, radius_m=5_000) -> list[Technician]:
    """One who may be asked at each place, at any hour."""
    skill = factories.SkillFactory()
    numbers = range(len(places))
    tag = f"{time.monotonic_ns()}"
    users = User.objects.bulk_create(
        User(email=f"race{tag}-{n}@example.com", name=f"R{n}") for n in numbers
    )
    partners = PartnerProfile.objects.bulk_create(
        PartnerProfile(
            kind="friend",
            name="R",
            country="FR",
            email="r@example.com",
            approved_at=MORNING,
            payable=True,
        )
        for _ in numbers
    )
    technicians = Technician.objects.bulk_create(
        Technician(
            languages=["fr", "de", "it", "en"],
            partner=partner,
            user=user,
            name=user.name,
            postcode="69007",
            lat=lat,
            lon=lon,
            radius_m=radius_m,
        )
        for (lat, lon), user, partner in zip(places, users, partners, strict=True)
    )
    TechnicianSkill.objects.bulk_create(
        TechnicianSkill(technician=t, skill=skill, level=3) for t in technicians
    )
    hours = [
        WeeklyHours(technician=t, weekday=day, opens="00:00", closes="23:59")
        for t in technicians
        for day in range(7)
    ]
    WeeklyHours.objects.bulk_create(hours, batch_size=AT_ONCE)
    refresh_search_rows(*technicians)
    return technicians


def make_bookings(places, starts) -> list[int]:
    """Placed bookings that look for somebody, as `place` would leave them."""
    service, customer = factories.ServiceFactory(), factories.UserFactory()
    bookings = [
        Booking(
            state=State.SEARCHING,
            epoch=1,
            customer=customer,
            service=service,
            duration_minutes=60,
            country="FR",
            postcode="69007",
            city="Lyon",
            region="69",
            currency="EUR",
            service_cents=6900,
            booking_fee_cents=290,
            policy_data=Policy().to_json(),
            first_start_at=start,
            last_start_at=start,
            placed_at=MORNING,
            due_at=start - timedelta(hours=1),
            card="pm_card_visa",
        )
        for start in starts
    ]
    Booking.objects.bulk_create(bookings, batch_size=AT_ONCE)
    BookingContact.objects.bulk_create(
        BookingContact(booking=booking, lat=lat, lon=lon, precision="address")
        for booking, (lat, lon) in zip(bookings, places, strict=True)
    )
    Wish.objects.bulk_create(
        Wish(booking=b, rank=1, wall="", start_at=b.first_start_at) for b in bookings
    )
    events = [
        BookingEvent(
            booking=b,
            sequence=1,
            move="place",
            source="draft",
            target="searching",
            role="customer",
            at=MORNING,
        )
        for b in bookings
    ]
    for event in events:
        event.hash = lifecycle_events.event_hash("", event)
    BookingEvent.objects.bulk_create(events)
    for booking, event in zip(bookings, events, strict=True):
        line = price_versions.Line(service.name, booking.service_cents)
        quote = price_versions.write(
            booking, [line], by=None, at=MORNING, origin=QuoteOrigin.BOOKING
        )
        price_versions.accept(quote, AcceptanceKind.BOOKING, by=None, at=MORNING)
        Booking.objects.filter(pk=booking.pk).update(events_hash=event.hash)
    return [booking.pk for booking in bookings]


def offered_dataset(count):
    """Each booking has one technician near, so far from the others that nobody else is eligible."""
    places = [(43.5 + 0.1 * (n // 60), 0.1 * (n % 60)) for n in range(count)]
    make_technicians(places)
    return make_bookings(places, [MORNING + timedelta(days=3, hours=4)] * count)


def pool_dataset(count, sessions):
    """All may do all: the visits do not overlap, ten a day."""
    lyon = (45.75, 4.85)
    technicians = make_technicians([lyon] * sessions, radius_m=20_000)
    first = MORNING.replace(hour=5) + timedelta(days=3)
    booking_ids = make_bookings(
        [lyon] * count,
        [first + timedelta(days=n // 10, hours=1.5 * (n % 10)) for n in range(count)],
    )
    Search.objects.bulk_create(
        Search(booking_id=pk, round=1, started_at=MORNING, pool_at=MORNING) for pk in booking_ids
    )
    return booking_ids, [technician.pk for technician in technicians]
