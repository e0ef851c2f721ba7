"""The three races, and what each has come to."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass

from backoffice.invariants import violations
from bench.claim_race.control import constraints_dropped
from bench.claim_race.dataset import MORNING, offered_dataset, pool_dataset
from bench.claim_race.sessions import claims, opens, run, taps_and_claims
from mila.clock import set_clock
from requests_app.models import BookingEvent


@dataclass(frozen=True)
class Part:
    """What a race came to."""

    name: str
    bookings: int
    attempts: int
    events: int
    doubles: int
    windows_at_once: int
    answers_differ: int
    seconds: float
    broken: list[str]

    @property
    def holds(self) -> bool:
        return (
            self.events == self.bookings
            and not (self.doubles or self.windows_at_once or self.answers_differ or self.broken)
        )  # fmt: skip


def race_offered(count, *, sessions, processes=1, seed=1) -> Part:
    """(a)"""
    set_clock(MORNING, speed=0)
    booking_ids = offered_dataset(count)
    run(opens, booking_ids, sessions=sessions, processes=processes)
    return judged("a", claims, booking_ids, sessions=sessions, processes=processes, seed=seed)


def race_pool(count, *, sessions, processes=1, seed=1) -> Part:
    """(b)"""
    set_clock(MORNING, speed=0)
    booking_ids, technicians = pool_dataset(count, sessions)
    return judged(
        "b",
        taps_and_claims,
        booking_ids,
        sessions=sessions,
        processes=processes,
        seed=seed,
        technicians=technicians,
    )


def race_unguarded(count, *, sessions, processes=1, seed=1) -> Part:
    """The control of (b)."""
    set_clock(MORNING, speed=0)
    booking_ids, technicians = pool_dataset(count, sessions)
    with constraints_dropped():
        return judged(
            "control",
            taps_and_claims,
            booking_ids,
            sessions=sessions,
            processes=processes,
            seed=seed,
            technicians=technicians,
            guarded=False,
        )


def judged(name, act, booking_ids, **how) -> Part:
    began = time.monotonic()
    seen = run(act, booking_ids, **how)
    seconds = time.monotonic() - began
    claimed = Counter(
        BookingEvent.objects.filter(booking__in=booking_ids, move="claim").values_list(
            "booking_id", flat=True
        )
    )
    winners = defaultdict(set)
    epochs = defaultdict(set)
    for row in seen:
        epochs[row.booking_id].add(row.epoch)
        if row.won:
            winners[row.booking_id].add(row.technician_id)
    broken = violations(booking_ids) if how.get("guarded", True) else {}
    broken_rows = [row for rows in broken.values() for row in rows]
    return Part(
        name=name,
        bookings=len(booking_ids),
        attempts=sum(row.attempts for row in seen),
        events=sum(claimed.values()),
        doubles=sum(claimed[pk] > 1 or len(winners[pk]) > 1 for pk in booking_ids),
        windows_at_once=overlaps(seen),
        answers_differ=sum(len(epochs[pk]) != 1 for pk in booking_ids) if act is claims else 0,
        seconds=round(seconds, 1),
        broken=[
            *broken_rows,
            *(f"booking {pk} has no winner" for pk in booking_ids if not winners[pk]),
        ],
    )


def overlaps(seen) -> int:
    """Pairs of neighbours in time whose windows on one booking were open at once."""
    spans = defaultdict(list)
    for row in seen:
        if row.granted:
            spans[row.booking_id].append((row.granted, row.given))
    found = 0
    for rows in spans.values():
        rows.sort()
        latest = 0.0
        for granted, given in rows:
            found += granted < latest
            latest = max(latest, given)
    return found
