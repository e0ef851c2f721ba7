"""What people wait while a server of ours hangs or is gone (fault F4). By hand:

    python -m bench.outages [--orders 8]

The real site in a dataset of its own. The broker is stopped (SIGSTOP) while orders are placed and
the home page is asked for; then PostgreSQL with all its processes; then PostgreSQL is killed. One
JSON line for each figure. Targets: no order above 1 s for the broker's sake, and with PostgreSQL
away a 503 within 5 s. Other work with this checkout's servers must rest meanwhile.
"""

# ruff: noqa: E402  (the dataset is chosen before Django reads its settings)
import argparse
import contextlib
import json
import os
import signal
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


def ask(path):
    """The status of a page, 0 when none came within half a minute."""
    try:
        with urllib.request.urlopen(settings.SITE_URL + path, timeout=30) as answer:
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


def with_draft(number):
    customer = Visitor(settings.SITE_URL)
    page_flows.open_first_step(customer, "wifi-slow")
    page_flows.give_place(customer, street=smoke_check.STREET, postcode="69003", city="Lyon")
    page_flows.choose_time(customer, [smoke_check.VISIT])
    page_flows.give_contact(
        customer, **{**smoke_check.CUSTOMER, "email": f"bench-{number}@mila.example"}
    )
    page_flows.type_card(customer, "4242424242424242")
    return customer


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


def measure(orders):
    try:
        hung_broker(orders)
        hung_and_killed_postgres()
    except Exception as error:
        print(repr(error))
        return 1
    return 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--orders", type=int, default=8)
    wanted = arguments.parse_args()
    return launch.run(
        settings.INSTANCE,
        addresses.any_ports,
        sys.stderr,
        lambda family: measure(wanted.orders),
        fresh=True,
        fill=smoke_check.people,
    )


if __name__ == "__main__":
    sys.exit(main())
