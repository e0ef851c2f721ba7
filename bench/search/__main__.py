"""How long it takes to find who may be asked, and whether it is exact. By hand:

    python -m bench.search [--sizes 10000 100000] [--searches 100] [--seed 1] [--exact] [--writes]

In a dataset of its own, made anew. One JSON line for each figure, each beside its reference in the
same run: the naive statement, which asks the facts of everybody in reach. Half of the technicians
are busy at the time. `--exact`: 1,000 searches everywhere and 200 in Paris against brute force in
plain Python, with nobody, half and 95 of a hundred busy, in the smallest dataset. `--writes`: in
the largest, a rating, and searches while a million scores are written anew. The million is an
option: `--sizes 10000 100000 1000000`. With the address of a PostGIS in BENCH_POSTGIS_URL the same
rows are asked there too.
"""

# ruff: noqa: E402  (the dataset is chosen before Django reads its settings)
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
os.environ["MILA_INSTANCE"] = "search"

import django

django.setup()

from django.db import connection

from accounts.models import SkillSearch, Technician
from accounts.search import count_stars
from bench.search import postgis
from bench.search.brute_force import mismatches
from bench.search.dataset import EACH, Dataset
from devstack.instances import fresh_databases
from dispatch import facts, matching
from embedded import hold
from mila.clock import mila_now
from mila.transactions import verb
from places.distance import search_cells
from policy.models import PolicyRow

TARGET_MS = 8
ORDER = """
 ORDER BY lapsed >= lapse_limit, in_window, reserve DESC, asked, free[1], score DESC, technician_id
 LIMIT 20
"""
NAIVE = 20  # searches: a million of rows takes it a second each
MILLION = 1_000_000  # rows that are written anew while others search
PACE = 0.05  # seconds from one search to the next while scores are written anew


def naive(booking, at):
    cells = [cell for cell, _closest in search_cells(booking.contact.lat, booking.contact.lon)[1]]
    rows = facts.select(
        matching.CANDIDATE + ORDER, at, [booking.pk], rows=facts.OF_CELLS, cells=cells
    )
    return [matching.Candidate(*row) for row in rows]


class Spent(NamedTuple):
    """Milliseconds of one call: on the clock, and on a core, here and in the database's process
    together.
    """

    wall: float
    cpu: float


def timed(call, things, *, pace=0.0):
    spent = []
    for thing in things:
        wall, cpu = time.perf_counter(), on_core()
        call(thing)
        seconds = time.perf_counter() - wall
        spent.append(Spent(seconds * 1000, on_core() - cpu))
        time.sleep(max(0, pace - seconds))
    return spent


def on_core():
    """Milliseconds that this process and its connection's have run: on a machine that others use
    too, what it costs.
    """
    with open(f"/proc/{connection.connection.info.backend_pid}/schedstat") as file:
        return time.process_time() * 1000 + int(file.read().split()[0]) / 1e6


def figures(spent, prefix=""):
    wall, cpu = zip(*spent, strict=True)
    return {
        f"{prefix}p50_ms": p50(wall),
        f"{prefix}p95_ms": p95(wall),
        f"{prefix}cpu_p50_ms": p50(cpu),
        f"{prefix}cpu_p95_ms": p95(cpu),
    }


def p95(spans):
    return round(statistics.quantiles(spans, n=20)[-1], 1)


def p50(spans):
    return round(statistics.median(spans), 1)


def say(what, wanted, dataset, **figures):
    facts = {
        "what": what,
        "technicians": dataset.size,
        "rows": SkillSearch.objects.count(),
        "seed": wanted.seed,
    }
    print(json.dumps(facts | figures), flush=True)


def measure(wanted, dataset, asked, before, peer):
    """Searches beside their reference, everywhere and in Paris; `before` holds the p95 of the
    smallest dataset.
    """
    for where, searches in asked.items():
        for booking in searches:  # once unmeasured
            matching.candidates(booking, dataset.at)
        spent = timed(lambda booking: matching.candidates(booking, dataset.at), searches)
        few = searches[:NAIVE]
        wrong = sum(naive(one, dataset.at) != matching.candidates(one, dataset.at) for one in few)
        slow = timed(lambda booking: naive(booking, dataset.at), few)
        fast = timed(lambda booking: matching.candidates(booking, dataset.at), few)
        here, there, peers = figures(spent), figures(slow, "naive_"), figures(fast)
        before.setdefault(where, here["cpu_p95_ms"])
        say(
            "search",
            wanted,
            dataset,
            where=where,
            busy_percent=50,
            **here,
            target_p95_ms=TARGET_MS,
            growth_of_cpu_p95=round(here["cpu_p95_ms"] / before[where], 2),
            target_growth=2,
            **there,
            times_naive=round(there["naive_cpu_p95_ms"] / peers["cpu_p95_ms"], 1),
            times_naive_on_the_clock=round(there["naive_p95_ms"] / peers["p95_ms"], 1),
            target_times_naive=10,
            differ_from_naive=wrong,
        )
        if peer is not None:
            for booking in few:  # once unmeasured
                peer.search(booking, dataset.starts[50])
            other = figures(timed(lambda booking: peer.search(booking, dataset.starts[50]), few))
            times = {
                f"times_{key}": round(other[key] / peers[key], 1) for key in ("p50_ms", "p95_ms")
            }
            say(
                "PostGIS",
                wanted,
                dataset,
                where=where,
                p50_ms=other["p50_ms"],
                p95_ms=other["p95_ms"],
                **times,
            )


def exact(wanted, dataset):
    """1,000 searches everywhere and 200 in Paris, at three shares of busy people; every rank."""
    for percent in (0, 50, 95):
        (edge,) = dataset.bookings(1, percent, paris=False)
        dataset.one_at_the_edge(edge)
        searches = [edge, *dataset.bookings(1_000, percent, paris=False, mixed=True)]
        searches += dataset.bookings(200, percent, paris=True, mixed=True)
        wrong, ranks = mismatches(dataset, searches, percent)
        say(
            "exactness",
            wanted,
            dataset,
            searches=len(searches),
            busy_percent=percent,
            ranks=ranks,
            mismatches=wrong,
        )


def writes(wanted, dataset, searches):
    """A rating, whole with its commit; and searches, 20 a second, while every score is written
    anew.
    """
    people = list(Technician.objects.order_by("?")[:200])
    rate = verb(lambda technician: count_stars(technician, 5, 5, 5))
    say("rating", wanted, dataset, **figures(timed(rate, people)), target_p95_ms=5)
    alone = timed(lambda booking: matching.candidates(booking, dataset.at), searches, pace=PACE)
    weights = {"stars": 400_000, "level": 200_000, "reliability": 200_000, "nearness": 200_000}
    PolicyRow.objects.create(key="score_weights_ppm", value=weights, note="bench")
    began = time.perf_counter()
    other = subprocess.Popen([sys.executable, "-m", "bench.search.rescoring", str(MILLION // EACH)])
    beside = []
    while other.poll() is None:
        beside += timed(
            lambda booking: matching.candidates(booking, dataset.at), searches[:20], pace=PACE
        )
    seconds = time.perf_counter() - began
    assert other.returncode == 0
    alone, beside = figures(alone), figures(beside)
    say(
        "search while scores are written anew",
        wanted,
        dataset,
        **beside,
        alone_p95_ms=alone["p95_ms"],
        times=round(beside["p95_ms"] / alone["p95_ms"], 2),
        target_times=2,
        cpu_times=round(beside["cpu_p95_ms"] / alone["cpu_p95_ms"], 2),
        rows_a_second=round(min(MILLION, SkillSearch.objects.count()) / seconds),
    )


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    arguments.add_argument("--searches", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--exact", action="store_true")
    arguments.add_argument("--writes", action="store_true")
    wanted = arguments.parse_args()
    fresh_databases()
    dataset = Dataset(random.Random(wanted.seed), mila_now())
    asked = {
        "everywhere": dataset.bookings(wanted.searches, 50, paris=False),
        "Paris": dataset.bookings(wanted.searches, 50, paris=True),
    }
    before, peer = {}, postgis.Peer() if postgis.ADDRESS else None
    for size in sorted(wanted.sizes):
        dataset.grow(size, remembers=wanted.exact and size == min(wanted.sizes))
        if peer is not None:
            peer.copy()
        measure(wanted, dataset, asked, before, peer)
        if wanted.exact and size == min(wanted.sizes):
            exact(wanted, dataset)
    if wanted.writes:
        writes(wanted, dataset, asked["everywhere"])


if __name__ == "__main__":
    with hold():
        main()
