"""What nonsense does to everything that takes something: 500s, faults, and how long an answer
takes. By hand:

    python -m bench.fuzz [--inputs 20000] [--seed 1]

In a dataset of its own, made anew; each input is rolled back. One JSON line for each figure, and
one for each of the first faults; exit code 1 when there was an HTTP 500. The time is compared to an
ordinary page's in the same run.
"""

# ruff: noqa: E402  (the dataset is chosen before Django reads its settings)
import argparse
import json
import logging
import os
import random
import statistics
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
os.environ["MILA_INSTANCE"] = "fuzz"
os.environ["LIMITS"] = "no"

import django

django.setup()

from django.test import override_settings

from devstack.instances import fresh_databases
from embedded import hold
from mila.clock import set_clock
from tests.access_matrix import dataset, nonsense
from tests.access_matrix.endpoints import endpoints
from tests.access_matrix.judge import LANGUAGES, Judge
from tests.broker import broker_redis
from tests.cast import MORNING

EVERY = 25  # inputs between two looks at the ordinary page
REFERENCE = "/help/"
SHOWN = 20  # faults
# No limits on tries, no mail, no files, no time spent on passwords: they are not what is tried
# here.
QUIET = {
    "ACCOUNT_RATE_LIMITS": False,
    "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}


def figure(what, value, target, **more):
    print(json.dumps({"what": what, "value": value, "target": target, **more}), flush=True)


def seconds(work):
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--inputs", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    logging.disable(logging.NOTSET)
    logging.getLogger().handlers.clear()
    logging.getLogger().addHandler(logging.NullHandler())
    fresh_databases()
    set_clock(MORNING)
    dice = random.Random(wanted.seed)
    with override_settings(**QUIET):
        here = dataset.build()
        judge = Judge(here)
        found = [
            one for role in dataset.ROLES for one in endpoints(judge.clients[role], here, role)
        ]
        spans, ordinary, faults = [], [], []
        for number, asked in enumerate(nonsense.sample(found, dice, wanted.inputs)):
            if number % EVERY == 0:
                ordinary.append(seconds(lambda: judge.clients[dataset.VISITOR].get(REFERENCE))[0])
            span, said = seconds(lambda asked=asked: judge.faults(asked, dice.choice(LANGUAGES)))
            spans.append((span, str(asked)))
            faults += said
            if said and len(faults) <= SHOWN:
                print(json.dumps({"what": "fault", "said": said[0][:500]}), flush=True)
    slow, usual = (
        statistics.quantiles([span for span, _asked in spans], n=100)[-1],
        statistics.median(ordinary),
    )
    figure(
        "inputs",
        judge.asked,
        wanted.inputs,
        endpoints=len(found),
        refused=judge.refused,
        seed=wanted.seed,
    )
    figure("HTTP 500", judge.broken, 0)
    figure("other faults", len(faults) - judge.broken, 0)
    figure(
        "p99 to an ordinary page",
        round(slow / usual, 1),
        None,
        p99_ms=round(slow * 1000),
        target_ms=1000,
    )
    figure("slowest", round(max(spans)[0] * 1000), None, asked=max(spans)[1])
    broker_redis().flushdb()  # nobody works on these messages
    return int(judge.broken > 0)


if __name__ == "__main__":
    with hold():
        sys.exit(main())
