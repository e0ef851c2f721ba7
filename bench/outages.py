"""What people wait while a server of ours hangs or is gone (fault F4). By hand:

    python -m bench.outages [--orders 8] [--only stripe]

The real site in a dataset of its own. First Stripe is mute: it takes every call and answers none,
while people come to the card's step and the home page is asked for. Then the broker is stopped
(SIGSTOP) while orders are placed; then PostgreSQL with all its processes; then PostgreSQL is
killed. One JSON line for each figure. Targets: with a mute Stripe the home page within 200 ms
(p95) and no page above 6 s; no order above 1 s for the broker's sake, and with PostgreSQL away a
503 within 5 s. Other work with this checkout's servers must rest meanwhile.
"""

# ruff: noqa: E402  (the dataset is chosen before Django reads its settings)
import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
os.environ["MILA_INSTANCE"] = "outages"

import django

django.setup()

import psutil
from django.conf import settings

from devstack import addresses, launch, smoke_check
from embedded import folders, postgres_server, redis_servers
from simulation import page_flows
from simulation.html_client import PageError, Visitor


def figure(what, value, target, unit):
    print(json.dumps({"what": what, "value": value, "target": target, "unit": unit}), flush=True)


def timed(call):
    began = time.perf_counter()
    try:
        status = call() or 200
    except PageError as error:
        status = error.status
    return round(time.perf_counter() - began, 2), status


def ask(path, site=""):
    """The status of a page, 0 when none came within half a minute."""
    try:
        with urllib.request.urlopen((site or settings.SITE_URL) + path, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextlib.contextmanager
def stopped(pids):
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class MuteStripe:
    """Takes every connection on loopback, reads nothing, says nothing."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.held = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        with contextlib.suppress(OSError):
            while True:
                self.held.append(self.server.accept()[0])


@contextlib.contextmanager
def site_with(stripe):
    """The pages once more, under the same server, with that address for Stripe's."""
    ports = addresses.any_ports()
    line = launch.commands(settings.INSTANCE, ports, standin=False)["web"]
    around = launch.surroundings(settings.INSTANCE, ports, addresses.OURSELVES)
    keys = {
        "STRIPE_SECRET_KEY": "sk_test_mute",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_mute",
        "STRIPE_WEBHOOK_SECRETS": "whsec_mute",
        "STRIPE_CONNECT_WEBHOOK_SECRETS": "whsec_mute_connect",
    }
    line = line.replace("mila.wsgi", "bench.mute_site:application")
    site = f"http://127.0.0.1:{ports.pages}"
    with subprocess.Popen(
        line, shell=True, env={**around, **keys, "MUTE_STRIPE": stripe.address}
    ) as server:
        try:
            for _try in range(300):
                if ask("/", site) == 200:
                    break
                time.sleep(0.2)
            yield site
        finally:
            server.terminate()


def mute_stripe(people, seconds=20):
    """Everybody stands before the card's step, goes there together, and asks again and again."""
    stripe = MuteStripe()
    with site_with(stripe) as site, ThreadPoolExecutor(people) as pool:
        customers = [before_card(site) for _person in range(people)]
        until = time.perf_counter() + seconds
        homes = []

        def look():
            while time.perf_counter() < until:
                began = time.perf_counter()
                status = ask("/", site)
                homes.append((time.perf_counter() - began, status))
                time.sleep(0.05)

        def to_the_card(pair):
            number, customer = pair
            found = [timed(lambda: give_contact(customer, number))]
            while time.perf_counter() < until:
                found.append(timed(lambda: customer.get(customer.path) and 200))
            return found

        looker = threading.Thread(target=look)
        looker.start()
        pages = [one for of in pool.map(to_the_card, enumerate(customers)) for one in of]
        looker.join()
    took = [took for took, _ in homes]
    figure("calls that Stripe took", len(stripe.held), None, "calls")
    figure("pages that ask a mute Stripe", len(pages), None, "pages")
    figure("pages that ask a mute Stripe: slowest", max(took for took, _ in pages), 6, "s")
    figure("pages that ask: answers", sorted({status for _, status in pages}), None, "status")
    figure("home page meanwhile: asked", len(homes), None, "pages")
    figure("home page meanwhile: p50", round(statistics.median(took) * 1e3), None, "ms")
    figure("home page meanwhile: p95", round(statistics.quantiles(took, n=20)[-1] * 1e3), 200, "ms")
    figure("home page meanwhile: slowest", round(max(took), 2), 6, "s")
    figure("home page meanwhile: answers", sorted({one for _, one in homes}), [200], "status")


def with_draft(number):
    customer = before_card(settings.SITE_URL)
    give_contact(customer, number)
    page_flows.type_card(customer, "4242424242424242")
    return customer


def before_card(site):
    customer = Visitor(site)
    page_flows.open_first_step(customer, "wifi-slow")
    page_flows.give_place(customer, street=smoke_check.STREET, postcode="69003", city="Lyon")
    page_flows.choose_time(customer, [smoke_check.VISIT])
    return customer


def give_contact(customer, number):
    who = {**smoke_check.CUSTOMER, "email": f"bench-{number}@mila.example"}
    page_flows.give_contact(customer, **who)


def hung_broker(count):
    customers = [with_draft(number) for number in range(count)]
    homes = []
    over = threading.Event()

    def look():
        while not over.wait(0.1):
            homes.append(timed(lambda: ask("/")))

    broker = redis_servers.process(folders.place().data / "redis-broker")
    with stopped([broker]), ThreadPoolExecutor(count) as pool:
        looker = threading.Thread(target=look)
        looker.start()
        orders = list(
            pool.map(lambda customer: timed(lambda: page_flows.order(customer) and 200), customers)
        )
        over.set()
        looker.join()
    figure("orders with a hung broker: seconds", sorted(took for took, _ in orders), 1, "s")
    figure(
        "orders with a hung broker: answers",
        sorted({status for _, status in orders}),
        [200],
        "status",
    )
    figure("home page meanwhile: slowest", max(took for took, _ in homes), 1, "s")


def away(what, times=12):
    """Pages asked for at once while the database does not answer."""
    with ThreadPoolExecutor(times) as pool:
        found = list(pool.map(lambda _: timed(lambda: ask("/")), range(times)))
    figure(f"{what}: slowest page", max(took for took, _ in found), 5, "s")
    figure(f"{what}: answers", sorted({status for _, status in found}), [503], "status")


def hung_and_killed_postgres():
    postmaster = psutil.Process(postgres_server.postmaster(folders.place().data / "postgres"))
    pids = [postmaster.pid, *(child.pid for child in postmaster.children(recursive=True))]
    for _ in range(8):
        ask("/")  # kept connections, as in a working day
    with stopped(pids):
        away("PostgreSQL hung")
    began = time.perf_counter()
    while ask("/") != 200 and time.perf_counter() - began < 60:
        time.sleep(0.2)
    figure("PostgreSQL back: seconds until a page", round(time.perf_counter() - began, 1), 5, "s")
    for process in [postmaster, *postmaster.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    away("PostgreSQL killed")


def measure(orders, only):
    try:
        mute_stripe(orders)
        if only != "stripe":
            hung_broker(orders)
            hung_and_killed_postgres()
    except Exception as error:
        print(repr(error))
        return 1
    return 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--orders", type=int, default=8)
    arguments.add_argument("--only", choices=["stripe"])
    wanted = arguments.parse_args()
    return launch.run(
        settings.INSTANCE,
        addresses.any_ports,
        sys.stderr,
        lambda family: measure(wanted.orders, wanted.only),
        fresh=True,
        fill=smoke_check.people,
    )


if __name__ == "__main__":
    sys.exit(main())
