"""Many sessions claim the same bookings: each is taken once (FAULT C1, C4). By hand:

    python -m bench.claim_race [--bookings 2000] [--sessions 64] [--processes 8] [--control 200] [--seed 1]

(a) All sessions are the offered technician's and claim every booking. (b) Each session is another technician; they tap
and claim bookings of one pool. Redis is flushed every 20 ms. Control: (b) without the database's guard, with a Redis
lock of 5 ms instead; it must show doubles, else the test could not fail. One JSON line for each part; exits 1 when a
promise is broken. In a world of its own, made anew. tests/concurrency/test_claim_race.py runs short slices of the same.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import sys
import threading
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest import mock

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    os.environ["MILA_WORLD"] = "race"
    import django

    django.setup()

from django.db import connection, connections

from accounts.models import PartnerProfile, Technician, TechnicianSkill, User, WeeklyHours
from accounts.search import refresh_search_rows
from catalogue.policy import Policy
from dispatch import gate, offers
from dispatch.models import Offer, Search
from dispatch.offers import claiming, tapping, windows
from mila.clock import set_clock
from mila.errors import Refusal
from mila.invariants import violations
from mila.redis import RedisError, broker_redis, cache_redis
from requests_app import lifecycle
from requests_app.models import Assignment, Booking, BookingContact, BookingEvent, Clock, State, Wish
from tests import factories

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FLUSH_EACH = 0.02
LOCK_LIFE = timedelta(milliseconds=5)
PATIENCE = 60  # seconds a session stays with one booking
GUARDS = [
    (Offer, "one_open_offer_per_booking"),
    (Assignment, "one_running_assignment"),
    (BookingEvent, "one_event_of_a_sequence"),
    (Clock, "one_clock_of_a_kind"),
]


@dataclass(frozen=True)
class Seen:
    """What one session was told about one booking; the times say when the window was his for certain."""

    booking_id: int
    technician_id: int
    won: bool
    attempts: int
    granted: float = 0
    given: float = 0
    epoch: int = 0


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


# --- The world


def make_technicians(places, *, radius_m=5_000) -> list[Technician]:
    """One who may be asked at each place, at any hour."""
    skill = factories.SkillFactory()
    numbers = range(len(places))
    tag = f"{time.monotonic_ns()}"
    users = User.objects.bulk_create(User(email=f"race{tag}-{n}@example.com", name=f"R{n}") for n in numbers)
    partners = PartnerProfile.objects.bulk_create(
        PartnerProfile(kind="friend", name="R", country="FR", email="r@example.com", approved_at=MORNING, payable=True)
        for _ in numbers
    )
    technicians = Technician.objects.bulk_create(
        Technician(partner=partner, user=user, name=user.name, postcode="69007", lat=lat, lon=lon, radius_m=radius_m)
        for (lat, lon), user, partner in zip(places, users, partners, strict=True)
    )
    TechnicianSkill.objects.bulk_create(TechnicianSkill(technician=t, skill=skill, level=3) for t in technicians)
    WeeklyHours.objects.bulk_create(
        WeeklyHours(technician=t, weekday=day, opens="00:00", closes="23:59") for t in technicians for day in range(7)
    )
    refresh_search_rows(*technicians)
    return technicians


def make_bookings(places, starts) -> list[int]:
    """Placed bookings that look for somebody, as `place` would leave them."""
    service, customer = factories.ServiceFactory(), factories.UserFactory()
    bookings = Booking.objects.bulk_create(
        Booking(
            state=State.SEARCHING, epoch=1, customer=customer, service=service, duration_minutes=60, country="FR",
            postcode="69007", city="Lyon", region="69", currency="EUR", service_cents=6900, booking_fee_cents=290,
            policy_data=Policy().to_json(), first_start_at=start, last_start_at=start, placed_at=MORNING,
            due_at=start - timedelta(hours=1), card="pm_card_visa",
        )
        for start in starts
    )  # fmt: skip
    BookingContact.objects.bulk_create(
        BookingContact(booking=booking, lat=lat, lon=lon, precision="address")
        for booking, (lat, lon) in zip(bookings, places, strict=True)
    )
    Wish.objects.bulk_create(Wish(booking=b, rank=1, wall="", start_at=b.first_start_at) for b in bookings)
    events = [
        BookingEvent(
            booking=b, sequence=1, move="place", source="draft", target="searching", role="customer", at=MORNING
        )
        for b in bookings
    ]
    for event in events:
        event.hash = lifecycle.event_hash("", event)
    BookingEvent.objects.bulk_create(events)
    return [booking.pk for booking in bookings]


def offered_world(count):
    """Each booking has one technician near, so far from the others that nobody else is eligible."""
    places = [(43.5 + 0.1 * (n // 60), 0.1 * (n % 60)) for n in range(count)]
    make_technicians(places)
    return make_bookings(places, [MORNING + timedelta(days=3, hours=4)] * count)


def pool_world(count, sessions):
    """All may do all: the visits do not overlap, ten a day."""
    lyon = (45.75, 4.85)
    technicians = make_technicians([lyon] * sessions, radius_m=20_000)
    first = MORNING.replace(hour=5) + timedelta(days=3)
    booking_ids = make_bookings(
        [lyon] * count, [first + timedelta(days=n // 10, hours=1.5 * (n % 10)) for n in range(count)]
    )
    Search.objects.bulk_create(
        Search(booking_id=pk, round=1, started_at=MORNING, pool_at=MORNING) for pk in booking_ids
    )
    return booking_ids, [technician.pk for technician in technicians]


# --- What a session does


def opens(booking_ids, number, sessions, dice, _technicians):
    """Windows are opened by as many, each for his share and his neighbour's."""
    for pk in booking_ids[number::sessions] + booking_ids[(number + 1) % sessions :: sessions]:
        offers.open_next(pk)
    return []


def claims(booking_ids, number, sessions, dice, _technicians):
    """(a) The offered technician's session claims every booking."""
    holders = dict(Offer.objects.filter(booking__in=booking_ids).values_list("booking_id", "technician_id"))
    users = {t.pk: t.user for t in Technician.objects.filter(pk__in=holders.values()).select_related("user")}
    seen = []
    for pk in booking_ids:
        if dice.random() < 0.1:
            time.sleep(dice.random() / 100)
        holder = holders[pk]
        booking = offers.claim(pk, holder, rank=1, by=users[holder])
        seen.append(Seen(pk, holder, booking.technician_id == holder, 1, epoch=booking.epoch))
    return seen


def taps_and_claims(booking_ids, number, sessions, dice, technicians):
    """(b) A technician of his own stays with each booking until somebody has it; now and then one declines."""
    me = Technician.objects.select_related("user").get(pk=technicians[number])
    seen = []
    for first in range(0, len(booking_ids), 4):
        for pk in dice.sample(booking_ids[first : first + 4], len(booking_ids[first : first + 4])):
            seen.append(compete(pk, me, dice, may_decline=number > 0))
    return seen


def compete(booking_id, me, dice, *, may_decline):
    attempts, until = 0, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not Booking.objects.filter(pk=booking_id, state=State.SEARCHING).exists():
            break
        attempts += 1
        try:
            offer = offers.tap(booking_id, me.pk)
        except offers.WindowHeld:
            time.sleep(dice.random() / 4)
            continue
        except Refusal:
            break
        granted = time.monotonic()
        time.sleep(dice.random() / 100)
        given = time.monotonic()
        won = False
        try:
            if may_decline and dice.random() < 0.1:
                offers.decline(offer.pk, me.pk, reason="time")
            else:
                attempts += 1
                won = offers.claim(booking_id, me.pk, rank=1, by=me.user).technician_id == me.pk
        except Refusal:
            offers.decline(offer.pk, me.pk, reason="time")
        return Seen(booking_id, me.pk, won, attempts, granted, given)
    return Seen(booking_id, me.pk, False, attempts)


# --- Running them


def run(act, booking_ids, *, sessions, processes=1, seed=1, technicians=(), guarded=True):
    """Every session in a thread with connections of its own, spread over processes; what they have seen."""
    work = (act, booking_ids, sessions, seed, technicians, guarded)
    if processes == 1:
        with flushed_redis():
            return in_threads(range(sessions), *work)
    context = multiprocessing.get_context("fork")
    answers, barrier = context.Queue(), context.Barrier(processes + 1)
    connections.close_all()  # nobody inherits one
    shares = [range(number, sessions, processes) for number in range(processes)]
    children = [context.Process(target=in_process, args=(answers, barrier, share, *work)) for share in shares]
    for child in children:
        child.start()
    with flushed_redis():
        barrier.wait()
        seen = [answers.get() for _ in children]
    for child in children:
        child.join()
    if any(share is None for share in seen):
        raise RuntimeError("A session has failed; see above.")
    return [row for share in seen for row in share]


def in_process(answers, barrier, *work):
    barrier.wait()
    seen = None
    try:
        seen = in_threads(*work)
    except Exception:
        traceback.print_exc()
    finally:
        answers.put(seen)


def in_threads(numbers, act, booking_ids, sessions, seed, technicians, guarded):
    seen, failed = [], []

    def session(number):
        try:
            seen.extend(act(booking_ids, number, sessions, random.Random(seed * 1000 + number), technicians))
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=session, args=[number]) for number in numbers]
    with contextlib.nullcontext() if guarded else redis_lock_only():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
    return seen


@contextlib.contextmanager
def flushed_redis():
    """The lock's server loses everything all the time."""
    stop = threading.Event()

    def flush():
        while not stop.wait(FLUSH_EACH):
            with contextlib.suppress(RedisError):
                cache_redis().flushdb()

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


# --- The control


@contextlib.contextmanager
def redis_lock_only():
    """The product as it would be with a Redis lock of 5 ms for a guard: no row lock, no verdict of the database."""
    take = gate.take

    def brief(booking_id, token, span):
        if not take(booking_id, token, LOCK_LIFE):
            raise offers.WindowHeld
        return True

    def unlocked(booking_id):
        return Booking.objects.select_related("service").get(pk=booking_id)

    with contextlib.ExitStack() as patches:
        for module in (tapping, claiming, windows, lifecycle):
            patches.enter_context(mock.patch.object(module, "lock_booking", unlocked))
        patches.enter_context(mock.patch.object(gate, "take", brief))
        for module, name in ((gate, "put"), (windows, "open_offer"), (claiming, "judge"), (claiming, "end_search")):
            patches.enter_context(mock.patch.object(module, name, return_value=None))
        yield


@contextlib.contextmanager
def constraints_dropped():
    """The database's own uniques are away; what was written meanwhile is thrown away before they come back."""
    found = [(model, next(c for c in model._meta.constraints if c.name == name)) for model, name in GUARDS]
    with connection.schema_editor() as editor:
        for model, constraint in found:
            editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        tables = ", ".join(model._meta.db_table for model, _ in found)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        with connection.schema_editor() as editor:
            for model, constraint in found:
                editor.add_constraint(model, constraint)


# --- The parts


def race_offered(count, *, sessions, processes=1, seed=1) -> Part:
    """(a)"""
    set_clock(MORNING, speed=0)
    booking_ids = offered_world(count)
    run(opens, booking_ids, sessions=sessions, processes=processes)
    return judged("a", claims, booking_ids, sessions=sessions, processes=processes, seed=seed)


def race_pool(count, *, sessions, processes=1, seed=1) -> Part:
    """(b)"""
    set_clock(MORNING, speed=0)
    booking_ids, technicians = pool_world(count, sessions)
    return judged(
        "b", taps_and_claims, booking_ids, sessions=sessions, processes=processes, seed=seed, technicians=technicians
    )


def race_unguarded(count, *, sessions, processes=1, seed=1) -> Part:
    """The control of (b)."""
    set_clock(MORNING, speed=0)
    booking_ids, technicians = pool_world(count, sessions)
    with constraints_dropped():
        return judged(
            "control", taps_and_claims, booking_ids, sessions=sessions, processes=processes, seed=seed,
            technicians=technicians, guarded=False,
        )  # fmt: skip


def judged(name, act, booking_ids, **how) -> Part:
    began = time.monotonic()
    seen = run(act, booking_ids, **how)
    seconds = time.monotonic() - began
    claimed = Counter(
        BookingEvent.objects.filter(booking__in=booking_ids, move="claim").values_list("booking_id", flat=True)
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
        broken=[*broken_rows, *(f"booking {pk} has no winner" for pk in booking_ids if not winners[pk])],
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


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bookings", type=int, default=2000)
    arguments.add_argument("--sessions", type=int, default=64)
    arguments.add_argument("--processes", type=int, default=8)
    arguments.add_argument("--control", type=int, default=200, help="bookings of the control")
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    from mila.worlds import fresh_databases

    fresh_databases()
    how = {"sessions": wanted.sessions, "processes": wanted.processes, "seed": wanted.seed}
    failed = False
    for race, count in (
        (race_offered, wanted.bookings),
        (race_pool, wanted.bookings),
        (race_unguarded, wanted.control),
    ):
        part = race(count, **how)
        percent = round(100 * part.doubles / part.bookings, 2)
        line = {key: value for key, value in vars(part).items() if key != "broken"} | {"doubles_percent": percent}
        print(
            json.dumps({**line, "broken": part.broken[:5], "sessions": wanted.sessions, "seed": wanted.seed}),
            flush=True,
        )
        failed |= percent < 1 if part.name == "control" else not part.holds
        broker_redis().flushdb()  # nobody works on these messages
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
