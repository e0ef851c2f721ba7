"""What a stranger at the door learns by its time, and what 10,000 guesses do to one person
(rule B12, fault S1, S2).

    python -m bench.sign_in [--tries 200] [--guesses 10000] [--threads 4] [--seed 1]

By hand. In a dataset of its own, made anew, with the limits, the floors and the hasher of
production and a Redis of its own. First sign-up, refused sign-in and reset are timed for addresses
that are known and that are not, and a threshold that was chosen on one half of the times has to
tell the other half apart: 0.5 is a coin. Then one account is guessed at from a thousand addresses
while its owner signs in from a device of theirs, and Redis is killed half way. One JSON line for
each figure; the times are compared to an ordinary page's in the same run. Exit code 1 when a figure
misses.
"""

# ruff: noqa: E402  (the dataset is chosen before Django reads its settings)
import argparse
import itertools
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from embedded import hold, processes, redis_servers

OWN = Path(tempfile.mkdtemp(prefix="mila-sign-in-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
os.environ.update(
    MILA_INSTANCE="sign_in",
    REDIS_URL=f"unix://{OWN}/redis.sock",
    TRUSTED_PROXIES="1",
    LOG_LEVEL="ERROR",
)

import django

django.setup()

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts import pace
from accounts.models import User
from devstack.instances import fresh_databases
from mila.web import limits
from tests.broker import broker_redis

PASSWORD, VICTIM = "chouette-hulotte-9", "victim@example.com"
FORMS = {
    "account_signup": (lambda email: {"email": email, "password1": PASSWORD}, pace.SIGN_UP),
    "account_login": (lambda email: {"login": email, "password": "not-the-password"}, pace.SIGN_IN),
    "account_reset_password": (lambda email: {"email": email}, pace.RESET),
}
ADDRESSES = 1000
LOOKS = 20  # at the ordinary page; of the victim through the door
COIN = (0.4, 0.6)  # within four deviations of a coin, at 200 judged times
missed = []


def figure(what, value, target, hit, **more):
    print(json.dumps({"what": what, "value": value, "target": target, **more}), flush=True)
    if not hit:
        missed.append(what)


def redis_of_our_own():
    command = [
        redis_servers.program(),
        "--port",
        "0",
        "--unixsocket",
        OWN / "redis.sock",
        "--dir",
        OWN,
        "--save",
        "",
    ]
    server = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    processes.wait(lambda: (OWN / "redis.sock").exists())
    return server


def address(number):
    return f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"


def send(client, page, data, number):
    """(seconds, status) of a form, sent from the address of this number through our proxy."""
    began = time.perf_counter()
    answer = client.post(reverse(page), data, headers={"X-Forwarded-For": address(number)})
    return time.perf_counter() - began, answer.status_code


def in_threads(number, work, items):
    """The results in order; connections of the threads are closed."""

    def closing(item):
        try:
            return work(item)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(closing, items))


# --- Whether an address is known


def people(tries):
    """Known addresses of each kind: an account, a guest's, one that was begun and never proved."""
    for number in range(tries):
        user = User.objects.create_user(
            f"known-{number}@example.com", PASSWORD if number % 3 != 1 else None
        )
        if number % 3:
            user.emailaddress_set.update(verified=False)


def told_apart(known, unknown, dice):
    """Of times nobody has seen before, the share that the best threshold of the others puts on its
    right side.
    """
    judged = [(span, True) for span in known] + [(span, False) for span in unknown]
    dice.shuffle(judged)
    half = len(judged) // 2
    learnt, asked = sorted(judged[:half]), judged[half:]
    below = [sum(is_known for _span, is_known in learnt[:at]) for at in range(half + 1)]
    # Right on the first half when all below `at` are taken for known, or for unknown.
    right = [below[at] + (half - at) - (below[half] - below[at]) for at in range(half + 1)]
    best = max(range(half + 1), key=lambda at: max(right[at], half - right[at]))
    threshold = learnt[best][0] if best < half else float("inf")
    below_is_known = right[best] >= half - right[best]
    return sum(
        (span < threshold) == (is_known == below_is_known) for span, is_known in asked
    ) / len(asked)


def enumeration(wanted, dice, addresses):
    client = Client()
    ordinary = statistics.median(took(lambda: client.get("/help/")) for _ in range(LOOKS))
    for page, (data, floor) in FORMS.items():
        cases = [
            (f"{kind}-{n}@example.com", kind)
            for n in range(wanted.tries)
            for kind in ("known", page)
        ]
        dice.shuffle(cases)
        numbered = [(email, kind, next(addresses)) for email, kind in cases]
        # One after the other: what runs beside a try would be in its time.
        found = [
            (kind, *send(Client(), page, data(email), number)) for email, kind, number in numbered
        ]
        spans = {
            kind: sorted(span for one, span, _status in found if one == kind)
            for kind in ("known", page)
        }
        known, unknown = spans["known"], spans[page]
        share = told_apart(known, unknown, dice)
        middle = statistics.median(known), statistics.median(unknown)
        figure(
            f"{page}: told apart by time",
            round(share, 3),
            COIN,
            COIN[0] <= share <= COIN[1],
            tries=len(found),
            answers=sorted({status for _kind, _span, status in found}),
            floor_ms=round(1000 * floor),
            known_ms=milliseconds(middle[0], percentile(known, 95)),
            unknown_ms=milliseconds(middle[1], percentile(unknown, 95)),
            difference_ms=round(1000 * (middle[0] - middle[1]), 2),
            to_an_ordinary_page=round(middle[0] / ordinary, 1),
            hasher=Argon2PasswordHasher.algorithm,
            seed=wanted.seed,
        )


def took(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(spans, share):
    return spans[min(len(spans) - 1, len(spans) * share // 100)]


def milliseconds(*spans):
    return dict(zip(("median", "p95"), (round(1000 * span, 1) for span in spans), strict=True))


# --- One account, guessed at


class Counted:
    """How many passwords the hasher was shown; the owner's own are told apart by their thread."""

    def __init__(self):
        self.shown, self.owner, self.lock = 0, threading.local(), threading.Lock()
        verify = Argon2PasswordHasher.verify

        def counting(hasher, password, encoded):
            if not getattr(self.owner, "here", False):
                with self.lock:
                    self.shown += 1
            return verify(hasher, password, encoded)

        Argon2PasswordHasher.verify = counting


def enters(home):
    """Whether the owner gets in, from the device they always use."""
    send(home, "account_login", {"login": VICTIM, "password": PASSWORD}, 2**20)
    entered = "_auth_user_id" in home.session
    home.cookies.pop("sessionid", None)
    return entered


def guessing(wanted, redis, addresses):
    User.objects.create_user(VICTIM, PASSWORD)
    counted, home = Counted(), Client()
    from_where = list(itertools.islice(addresses, ADDRESSES))
    statuses, entered = [], []

    def owner_looks():
        counted.owner.here = True
        entered.append(enters(home))
        counted.owner.here = False

    def guess(number):
        data = {"login": VICTIM, "password": f"wrong-wrong-{number}"}
        return send(Client(), "account_login", data, from_where[number % ADDRESSES])

    owner_looks()
    began = time.perf_counter()
    before = None
    step = max(1, wanted.guesses // LOOKS)
    for first in range(0, wanted.guesses, step):
        if before is None and first >= wanted.guesses // 2:
            before = counted.shown
            redis.kill()
            redis.wait()
        spans = in_threads(wanted.threads, guess, range(first, min(first + step, wanted.guesses)))
        statuses += [status for _span, status in spans]
        owner_looks()
    seconds = time.perf_counter() - began
    figure(
        "guesses at one account that reached the hasher",
        counted.shown,
        "at most 100",
        counted.shown <= 2 * limits.GUESSES_AT_ACCOUNT.amount,
        guesses=len(statuses),
        refused_unseen=len(statuses) - counted.shown,
        before_redis_was_killed=before,
        after_it=counted.shown - before,
        addresses=ADDRESSES,
        processes=1,
        threads=wanted.threads,
        answers=sorted(set(statuses)),
        hasher=Argon2PasswordHasher.algorithm,
        seconds=round(seconds, 1),
    )
    figure("the owner got in meanwhile", sum(entered), len(entered), all(entered), seed=wanted.seed)


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tries", type=int, default=200)
    arguments.add_argument("--guesses", type=int, default=10_000)
    arguments.add_argument("--threads", type=int, default=4)
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    logging.disable(logging.ERROR)
    redis = redis_of_our_own()
    try:
        fresh_databases()
        people(wanted.tries)
        dice, addresses = random.Random(wanted.seed), itertools.count(1)
        assert settings.LIMITS
        if wanted.tries:
            enumeration(wanted, dice, addresses)
        if wanted.guesses:
            guessing(wanted, redis, addresses)
    finally:
        redis.kill()
        broker_redis().flushdb()  # nobody works on these messages
    return int(bool(missed))


if __name__ == "__main__":
    with hold():
        sys.exit(main())
