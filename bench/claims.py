"""What a claim costs: the whole verb, with event, clocks and notices, beside the bare guarded UPDATE. By hand:

    python -m bench.claims [--claims 500]

One session, in a world of its own, made anew. One JSON line.
"""

import argparse
import json
import os
import time

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    os.environ["MILA_INSTANCE"] = "claims"
    import django

    django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Technician
from bench.claim_race.world import MORNING, offered_world
from devstack.instances import fresh_databases
from dispatch import offers
from dispatch.models import Offer
from embedded import hold
from mila.clock import set_clock
from tests.broker import broker_redis

GUARD = "UPDATE bench_claim SET state = 1, technician_id = %s, expires_at = mila_now() WHERE id = %s AND state = 0"


def bare(count):
    """The reference: one durable UPDATE for each, in a transaction of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_claim (id int PRIMARY KEY, state int, technician_id int, expires_at timestamptz)"
        )
        cursor.execute("INSERT INTO bench_claim SELECT n, 0, NULL, NULL FROM generate_series(1, %s) n", [count])
        began = time.perf_counter()
        for number in range(1, count + 1):
            cursor.execute(GUARD, [number, number])
        return count / (time.perf_counter() - began)


def verbs(count):
    set_clock(MORNING, speed=0)
    booking_ids = offered_world(count)
    for pk in booking_ids:
        offers.open_next(pk)
    holders = dict(Offer.objects.values_list("booking_id", "technician_id"))
    users = {technician.pk: technician.user for technician in Technician.objects.select_related("user")}
    first, *others = booking_ids
    with CaptureQueriesContext(connection) as queries:
        offers.claim(first, holders[first], rank=1, by=users[holders[first]])
    began = time.perf_counter()
    for pk in others:
        offers.claim(pk, holders[pk], rank=1, by=users[holders[pk]])
    return len(others) / (time.perf_counter() - began), len(queries)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--claims", type=int, default=500)
    wanted = arguments.parse_args()
    fresh_databases()
    reference = bare(wanted.claims)
    rate, queries = verbs(wanted.claims)
    figures = {"claims_per_s": round(rate, 1), "bare_update_per_s": round(reference, 1), "queries": queries}
    print(
        json.dumps(
            {"what": "claim", **figures, "share_percent": round(100 * rate / reference, 1), "target_percent": 50}
        )
    )
    broker_redis().flushdb()


if __name__ == "__main__":
    with hold():
        main()
