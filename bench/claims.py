"""What a claim costs: the whole verb beside the same rows written by hand, in one and in two
processes. By hand:

    python -m bench.claims [--claims 200]

The reference is psycopg on the product's own connection: one transaction of twelve statements, as
durable, that locks what the verb locks and writes the rows it writes. In a dataset of its own, made
anew. One JSON line a figure.
"""

import argparse
import json
import multiprocessing
import os
import time

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    os.environ["MILA_INSTANCE"] = "claims"
    import django

    django.setup()

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Technician
from bench.claim_race.dataset import MORNING, offered_dataset
from bench.hand_claim import claim_by_hand
from devstack.instances import fresh_databases
from dispatch import offers
from dispatch.models import Offer
from embedded import hold
from mila.clock import set_clock
from requests_app.actions import visit
from tests.broker import broker_redis

WANTED_PERCENT = 30


def by_verb(pk, technician):
    offers.claim(pk, technician.pk, rank=1, by=technician.user)


def by_hand(pk, technician):
    claim_by_hand(connection.connection, pk, technician.pk)


CLAIMS = {"verb": by_verb, "by_hand": by_hand}
# claims of one kind before the other's turn: whatever else the machine does falls on both
IN_TURN = 5


def work(jobs):
    """Half of them by the verb, half by hand, in turn; claims a second of each."""
    spent, done = dict.fromkeys(CLAIMS, 0.0), dict.fromkeys(CLAIMS, 0)
    connection.ensure_connection()
    for number, (pk, technician) in enumerate(jobs):
        kind = list(CLAIMS)[number // IN_TURN % 2]
        began = time.perf_counter()
        CLAIMS[kind](pk, technician)
        spent[kind] += time.perf_counter() - began
        done[kind] += 1
    return {kind: done[kind] / spent[kind] for kind in CLAIMS}


def rates(jobs, processes):
    """The same in several processes at once, added up."""
    if processes == 1:
        return work(jobs)
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(processes), context.Queue()
    connections.close_all()  # nobody inherits one

    def child(share):
        connection.ensure_connection()
        barrier.wait()
        answers.put(work(share))

    children = [context.Process(target=child, args=(jobs[n::processes],)) for n in range(processes)]
    for process in children:
        process.start()
    found = [answers.get() for _ in children]
    for process in children:
        process.join()
    return {kind: sum(one[kind] for one in found) for kind in CLAIMS}


def rate(step, jobs):
    began = time.perf_counter()
    for pk, technician in jobs:
        step(pk, technician)
    return len(jobs) / (time.perf_counter() - began)


def say(what, **figures):
    print(json.dumps({"what": what, **figures}), flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--claims", type=int, default=200)
    each = arguments.parse_args().claims
    fresh_databases()
    set_clock(MORNING, speed=0)
    booking_ids = offered_dataset(4 * each + 2)
    began = time.perf_counter()
    for pk in booking_ids:
        offers.open_next(pk)
    say("open_next", per_s=round(len(booking_ids) / (time.perf_counter() - began), 1))
    people = Technician.objects.select_related("user", "partner").in_bulk()
    held = dict(Offer.objects.values_list("booking_id", "technician_id"))
    jobs = [(pk, people[held[pk]]) for pk in booking_ids]
    used = {}
    for name, claim in CLAIMS.items():
        with CaptureQueriesContext(connection) as queries:
            claim(*jobs.pop())
        used[name] = len(queries)
    for processes in (1, 2):
        first = (processes - 1) * 2 * each
        found = rates(jobs[first : first + 2 * each], processes)
        say(
            "claim",
            processes=processes,
            per_s=round(found["verb"], 1),
            by_hand_per_s=round(found["by_hand"], 1),
            share_percent=round(100 * found["verb"] / found["by_hand"], 1),
            wanted_percent=WANTED_PERCENT,
            statements=used["verb"],
        )
    # claimed by the verb
    mine = [job for number, job in enumerate(jobs[: 2 * each]) if number // IN_TURN % 2 == 0]
    for name, step in (
        (
            "record_call",
            lambda pk, t: visit.record_call(pk, t.pk, by=t.user, channel="phone", reached=True),
        ),
        ("confirm", lambda pk, t: visit.confirm(pk, t.pk, by=t.user)),
    ):
        say(name, per_s=round(rate(step, mine), 1))
    broker_redis().flushdb()


if __name__ == "__main__":
    with hold():
        main()
