"""Random lives of a price: proposed, accepted, declined, forged, finished, signed, silent, decided.
By hand:

    python -m bench.prices [--lives 10000] [--seed 1]

In a dataset of its own, made anew; each life is rolled back. One JSON line for each figure, and one
for each of the first wrongs; exit code 1 when somebody was to pay what they had not accepted.
"""

# ruff: noqa: E402  (the dataset is chosen before Django reads its settings)
import argparse
import json
import logging
import os
import random
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
os.environ["MILA_INSTANCE"] = "prices"

import django

django.setup()

from devstack.instances import fresh_databases
from embedded import hold
from mila.clock import set_clock
from requests_app.models import State
from tests import factories, negotiating
from tests.broker import broker_redis
from tests.cast import MORNING, walk

SHOWN = 10


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lives", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    fresh_databases()
    set_clock(MORNING)
    technician = factories.TechnicianFactory(user__name="Yanis Corvel")
    staff = factories.UserFactory(is_staff=True, is_superuser=True)
    booking = walk(factories.placed_booking(), technician, State.IN_PROGRESS)
    began, wrong = time.perf_counter(), []
    for number in range(wanted.lives):
        found = negotiating.play(
            booking, technician, staff, random.Random(wanted.seed * 1_000_000 + number)
        )
        wrong += found
        for what in found[: max(0, SHOWN - len(wrong))]:
            print(json.dumps({"what": "wrong", "said": what}), flush=True)
    seconds = round(time.perf_counter() - began)
    print(
        json.dumps(
            {"what": "lives", "value": wanted.lives, "seed": wanted.seed, "seconds": seconds}
        )
    )
    print(json.dumps({"what": "charged and not accepted", "value": len(wrong), "target": 0}))
    broker_redis().flushdb()  # nobody works on these messages
    return int(bool(wrong))


if __name__ == "__main__":
    with hold():
        sys.exit(main())
