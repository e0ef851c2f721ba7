"""What a sweep costs by what is due, not by what has been: with nothing due, and with 100. By hand:

    python -m bench.sweeps [--rows 10000 1000000] [--rounds 200]

In a dataset of its own, grown in the database. One JSON line a size and sweep.
"""

import argparse
import json
import os
import statistics
import time

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    os.environ["MILA_INSTANCE"] = "sweeps"
    import django

    django.setup()

from django.db import connection, transaction

from bench.claim_race.dataset import MORNING, offered_dataset
from devstack.instances import fresh_databases
from dispatch import offers
from dispatch import sweeps as searches
from dispatch.models import Offer
from embedded import hold
from mila.clock import mila_now, set_clock
from payments import sweeps as money
from requests_app.models import Booking, Clock
from tests.grown import grow

DUE = 100
WANTED_MS, WANTED_GROWTH = 1.0, 1.5


def due_bookings():
    return list(
        Booking.objects.filter(due_at__lte=mila_now())
        .order_by("due_at")
        .values_list("pk", flat=True)[:500]
    )


def due_clocks():
    due = Clock.objects.filter(done_at=None, due_at__lte=mila_now()).order_by("due_at")
    return list(due.values_list("pk", flat=True)[:500])


# What each sweep asks before it does anything.
ASKED = {
    "bookings": due_bookings,
    "clocks": due_clocks,
    "uncharged": money.unsettled_bookings,
    "windows": lambda: list(
        Offer.objects.filter(state="open", expires_at__lte=mila_now()).values_list("pk", flat=True)[
            :200
        ]
    ),
    "outdated offers": searches.outdated_bookings,
    "unsearched": searches.unsearched_bookings,
}


def median_ms(ask, rounds):
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(taken), 3)


def measured(rounds):
    """Median milliseconds of each sweep's question: nothing due, and DUE rows due."""
    empty = {name: median_ms(ask, rounds) for name, ask in ASKED.items()}
    with transaction.atomic():
        past = Booking.objects.filter(state="settled").values("pk")[:DUE]
        at = mila_now()
        Booking.objects.filter(pk__in=list(past.values_list("pk", flat=True))).update(
            due_at=at, unsettled_at=at
        )
        clocks = list(Clock.objects.order_by("pk").values_list("pk", flat=True)[:DUE])
        Clock.objects.filter(pk__in=clocks).update(done_at=None, due_at=at)
        full = {
            name: median_ms(ASKED[name], rounds) for name in ("bookings", "clocks", "uncharged")
        }
        transaction.set_rollback(True)
    return empty, full


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    arguments.add_argument("--rounds", type=int, default=200)
    wanted = arguments.parse_args()
    first = {}
    for rows in wanted.rows:
        fresh_databases()
        set_clock(MORNING, speed=0)
        (pk,) = offered_dataset(1)
        offer = offers.open_next(pk)
        grow(offers.claim(pk, offer.technician_id, rank=1, by=offer.technician.user), rows)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        empty, full = measured(wanted.rounds)
        first = first or full
        for name, took in empty.items():
            figures = {
                "what": "sweep",
                "name": name,
                "bookings": rows,
                "nothing_due_ms": took,
                "wanted_ms": WANTED_MS,
            }
            if name in full:
                growth = round(full[name] / first[name], 2)
                figures |= {
                    "due_ms": full[name],
                    "due": DUE,
                    "growth": growth,
                    "wanted_growth": WANTED_GROWTH,
                }
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    with hold():
        main()
