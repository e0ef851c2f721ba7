"""What a claim costs: the whole verb beside the same rows written by hand, in one and in two processes. By hand:

    python -m bench.claims [--claims 200]

The reference is psycopg on the product's own connection: one transaction of twelve statements, as durable, that locks
what the verb locks and writes the rows it writes. In a world of its own, made anew. One JSON line a figure.
"""

import argparse
import json
import multiprocessing
import os
import time
from itertools import count

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    os.environ["MILA_INSTANCE"] = "claims"
    import django

    django.setup()

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Technician
from bench.claim_race.world import MORNING, offered_world
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


def work(claim, jobs):
    connection.ensure_connection()
    for pk, technician in jobs:
        claim(pk, technician)


def rate(claim, jobs, processes=1):
    """Claims a second."""
    if processes == 1:
        began = time.perf_counter()
        work(claim, jobs)
        return len(jobs) / (time.perf_counter() - began)
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(processes + 1)
    connections.close_all()  # nobody inherits one

    def child(share):
        connection.ensure_connection()
        barrier.wait()
        work(claim, share)

    children = [context.Process(target=child, args=(jobs[n::processes],)) for n in range(processes)]
    for process in children:
        process.start()
    barrier.wait()
    began = time.perf_counter()
    for process in children:
        process.join()
    return len(jobs) / (time.perf_counter() - began)


def say(what, **figures):
    print(json.dumps({"what": what, **figures}), flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--claims", type=int, default=200)
    each = arguments.parse_args().claims
    fresh_databases()
    set_clock(MORNING, speed=0)
    booking_ids = offered_world(4 * each + 2)
    began = time.perf_counter()
    for pk in booking_ids:
        offers.open_next(pk)
    say("open_next", per_s=round(len(booking_ids) / (time.perf_counter() - began), 1))
    people = Technician.objects.select_related("user", "partner").in_bulk()
    held = dict(Offer.objects.values_list("booking_id", "technician_id"))
    jobs = [(pk, people[held[pk]]) for pk in booking_ids]
    used = {}
    for name, claim in (("verb", by_verb), ("by_hand", by_hand)):
        with CaptureQueriesContext(connection) as queries:
            claim(*jobs.pop())
        used[name] = len(queries)
    starts = count(0, each)
    for processes in (1, 2):
        shares = [jobs[start : start + each] for start in (next(starts), next(starts))]
        verb, hand = (rate(claim, share, processes) for claim, share in zip((by_verb, by_hand), shares, strict=True))
        say(
            "claim",
            processes=processes,
            per_s=round(verb, 1),
            by_hand_per_s=round(hand, 1),
            share_percent=round(100 * verb / hand, 1),
            wanted_percent=WANTED_PERCENT,
            statements=used["verb"],
        )
    mine = jobs[:each]
    for name, step in (
        ("record_call", lambda pk, t: visit.record_call(pk, t.pk, by=t.user, channel="phone", reached=True)),
        ("confirm", lambda pk, t: visit.confirm(pk, t.pk, by=t.user)),
    ):
        say(name, per_s=round(rate(step, mine), 1))
    broker_redis().flushdb()


if __name__ == "__main__":
    with hold():
        main()
