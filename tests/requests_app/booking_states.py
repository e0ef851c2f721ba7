"""A booking in any state, written straight into the database: for tests that start from a state,
not from a story.
"""

import inspect
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import CalendarEntry, CalendarEntryKind, Notification, Technician
from requests_app import lifecycle
from requests_app.models import (
    BY_HAND,
    HAS_PARTNER,
    Assignment,
    Booking,
    BookingEvent,
    Clock,
    ClockKind,
    Quote,
    SignOff,
    SignOffKind,
    State,
)
from requests_app.sweeps import sweep_bookings
from tests import factories

LEAD = timedelta(hours=75)
# The step that leads there, and can be taken back.
BY_A_STEP = {
    State.EN_ROUTE: "depart",
    State.ARRIVED: "arrive",
    State.IN_PROGRESS: "start",
    State.FINISHED: "finish",
}


def booking_in(state: str, technician: Technician, at: datetime, **columns) -> Booking:
    """A booking in this state as of `at`, its visit 75 h later; with an event behind it and one
    clock that runs.
    """
    start = at + LEAD
    values = {"placed_at": at - timedelta(hours=1), "epoch": 5, **columns}
    draft = factories.DraftFactory(wishes=[start, start + timedelta(days=1)])
    if state in HAS_PARTNER:
        values |= {
            "partner": technician.partner,
            "technician": technician,
            "claimed_at": at,
            "start_at": start,
            "clocks_from_at": at,
        }
        slot = CalendarEntry.objects.create(
            technician=technician,
            kind=CalendarEntryKind.JOB,
            during=DateTimeTZRange(start, start + timedelta(minutes=90), "[)"),
        )
        Assignment.objects.create(
            booking=draft,
            partner=technician.partner,
            technician=technician,
            start_at=start,
            calendar_entry=slot,
            claimed_at=at,
            code_typed_at=at if state in (State.SIGNED_OFF, State.SETTLED) else None,
        )
    Booking.objects.filter(pk=draft.pk).update(state=state, **values)
    quote = Quote.objects.create(
        booking=draft,
        version=1,
        origin="booking",
        service_cents=6900,
        duration_minutes=60,
        created_at=at,
        accepted_at=at,
        acceptance_kind="booking",
        accepted_by_payer=True,
    )
    if state in (State.SIGNED_OFF, State.SETTLED):
        SignOff.objects.create(
            booking=draft,
            quote=quote,
            key=f"key-{draft.pk}",
            kind=SignOffKind.SCREEN,
            text="signed",
            signed_at=at,
            service_cents=6900,
            booking_fee_cents=290,
            commission_cents=1380,
            partner_cents=5520,
            charge_cents=7190,
            currency="EUR",
            sha256="0" * 64,
        )
    BookingEvent.objects.create(
        booking=draft,
        sequence=1,
        move=BY_A_STEP.get(State(state), "before"),
        source="draft",
        target=state,
        role="system",
        at=at,
        hash="0" * 64,
    )
    Clock.objects.create(booking=draft, kind=ClockKind.LATENESS, epoch=1, due_at=start)
    return Booking.objects.get(pk=draft.pk)


def facts(booking: Booking) -> dict:
    """Everything a move could change about a booking, to compare before and after."""
    return {
        "row": Booking.objects.filter(pk=booking.pk).values().get(),
        "events": list(booking.events.values()),
        "clocks": list(booking.clocks.order_by("pk").values()),
        "assignments": list(booking.assignments.values()),
        "calls": list(booking.assignments.values_list("calls")),
        "wishes": list(booking.wishes.values()),
        "quotes": list(booking.quotes.values()),
        "quote_events": list(booking.quote_events.values("step", "kind")),
        "sign_off": list(
            Booking.objects.filter(pk=booking.pk).values_list(
                "sign_offs", "late_signature", "rating", "position"
            )
        ),
        "notices": list(
            Notification.objects.filter(subject_id=booking.uuid).order_by("pk").values("pk", "kind")
        ),
        "calendar_entry": list(CalendarEntry.objects.order_by("pk").values()),
    }


def effects() -> list[str]:
    """Names of the jobs that wait for the commit, in order."""
    waiting = [inspect.getclosurevars(hook[1]).nonlocals for hook in connection.run_on_commit]
    return [one["args"][0] for one in waiting if one.get("function") is lifecycle._send]


def told(booking: Booking) -> list[str]:
    """Kinds of the messages written about it, in alphabetical order."""
    return sorted(
        Notification.objects.filter(subject_id=booking.uuid).values_list("kind", flat=True)
    )


def moves(booking: Booking) -> list[str]:
    """What happened to it since it was put into its state."""
    return list(booking.events.exclude(sequence=1, role="system").values_list("move", flat=True))


@contextmanager
def refused(booking: Booking, refusal: type[Exception]):
    """The block raises this refusal, and nothing happened: same rows, no event, no message, no job,
    so no payment.
    """
    before, hooks = facts(booking), len(connection.run_on_commit)
    with pytest.raises(refusal) as raised:
        yield raised
    assert facts(booking) == before
    assert len(connection.run_on_commit) == hooks


@contextmanager
def unchanged(booking: Booking):
    """The block succeeds, and nothing happened."""
    before, hooks = facts(booking), len(connection.run_on_commit)
    yield
    assert facts(booking) == before
    assert len(connection.run_on_commit) == hooks


def agreed_version(booking: Booking, number: int, cents: int, *, kind: str = "own_device") -> Quote:
    """A version that was accepted so, written straight into the database."""
    at = booking.finished_at or booking.claimed_at
    return Quote.objects.create(
        booking=booking,
        version=number,
        origin="partner",
        service_cents=cents,
        duration_minutes=60,
        created_at=at,
        accepted_at=at,
        acceptance_kind=kind,
        accepted_by_payer=kind in BY_HAND,
    )


def silence(booking):
    """72 hours have passed, the two had met, and a person has seen the report."""
    Assignment.objects.filter(booking=booking, code_typed_at=None).update(
        code_typed_at=booking.finished_at
    )
    Booking.objects.filter(pk=booking.pk).update(
        due_at=booking.finished_at, report_seen_at=booking.finished_at
    )
    assert sweep_bookings() == 1
    booking.refresh_from_db()
