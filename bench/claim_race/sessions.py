"""What each session does with the bookings, and how all of them are let loose at once, in threads
and processes.
"""

import contextlib
import multiprocessing
import random
import threading
import time
import traceback
from dataclasses import dataclass

from django.db import connections

from accounts.models import Technician
from bench.claim_race.control import redis_lock_only
from dispatch import offers
from dispatch.models import Offer
from mila.errors import Refusal
from mila.redis import RedisError, cache_redis
from requests_app.models import Booking, State

FLUSH_EACH = 0.02  # seconds
PATIENCE = 60  # seconds a session stays with one booking


@dataclass(frozen=True)
class Seen:
    """What one session was told about one booking; the times say when the window was theirs for
    certain.
    """

    booking_id: int
    technician_id: int
    won: bool
    attempts: int
    granted: float = 0
    given: float = 0
    epoch: int = 0


# --- What a session does


def opens(booking_ids, number, sessions, dice, _technicians):
    """Windows are opened by as many, each for their share and their neighbour's."""
    for pk in booking_ids[number::sessions] + booking_ids[(number + 1) % sessions :: sessions]:
        offers.open_next(pk)
    return []


def claims(booking_ids, number, sessions, dice, _technicians):
    """(a) The offered technician's session claims every booking."""
    holders = dict(
        Offer.objects.filter(booking__in=booking_ids).values_list("booking_id", "technician_id")
    )
    users = {
        t.pk: t.user
        for t in Technician.objects.filter(pk__in=holders.values()).select_related("user")
    }
    seen = []
    for pk in booking_ids:
        if dice.random() < 0.1:
            time.sleep(dice.random() / 100)
        holder = holders[pk]
        booking = offers.claim(pk, holder, rank=1, by=users[holder])
        seen.append(Seen(pk, holder, booking.technician_id == holder, 1, epoch=booking.epoch))
    return seen


def taps_and_claims(booking_ids, number, sessions, dice, technicians):
    """(b) Each booking has a technician who stays with it until somebody has it; now and then one
    declines.
    """
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
    """Every session in a thread with connections of its own, spread over processes; what they have
    seen.
    """
    work = (act, booking_ids, sessions, seed, technicians, guarded)
    if processes == 1:
        with flushed_redis():
            return in_threads(range(sessions), *work)
    context = multiprocessing.get_context("fork")
    answers, barrier = context.Queue(), context.Barrier(processes + 1)
    connections.close_all()  # nobody inherits one
    shares = [range(number, sessions, processes) for number in range(processes)]
    children = [
        context.Process(target=in_process, args=(answers, barrier, share, *work))
        for share in shares
    ]
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
            seen.extend(
                act(booking_ids, number, sessions, random.Random(seed * 1000 + number), technicians)
            )
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
