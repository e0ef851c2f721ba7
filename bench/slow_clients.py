"""Whether slow and silent clients stop the site for everybody else. By hand, against a site that
runs:

    python -m bench.slow_clients http://127.0.0.1:8000 [--bodies 16] [--idle 300] [--host
    www.mila.example]

First nobody else, then 16 forms that are never sent to their end, then 300 connections that say
nothing; meanwhile people ask for the home page. One JSON line for each figure. Target: p95 1 s and
no page without an answer.
"""

import argparse
import contextlib
import http.client
import json
import socket
import ssl
import statistics
import threading
import time
from urllib.parse import urlsplit

PATIENCE = 15  # seconds a person waits for a page
PEOPLE = 4
LASTS = 20  # seconds


def figure(what, value, target, unit):
    print(json.dumps({"what": what, "value": value, "target": target, "unit": unit}), flush=True)


def page(site, host):
    """Seconds until the page is there; None when it does not come."""
    began = time.perf_counter()
    kind = http.client.HTTPSConnection if site.scheme == "https" else http.client.HTTPConnection
    trust = {"context": ssl._create_unverified_context()} if site.scheme == "https" else {}
    wire = kind(site.hostname, site.port, timeout=PATIENCE, **trust)
    try:
        wire.request("GET", "/", headers={"Host": host, "Connection": "close"})
        answer = wire.getresponse()
        answer.read()
        return time.perf_counter() - began if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        wire.close()


def people(what, site, host):
    spans, until = [], time.monotonic() + LASTS

    def one():
        while time.monotonic() < until:
            spans.append(page(site, host))
            time.sleep(0.1)

    threads = [threading.Thread(target=one) for _ in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = sum(span is None for span in spans)
    waited = [PATIENCE if span is None else span for span in spans]
    figure(f"{what}: pages asked for, without an answer", [len(spans), lost], "0 without", "pages")
    figure(f"{what}: p95", round(statistics.quantiles(waited, n=20)[-1], 2), 1, "s")


@contextlib.contextmanager
def wires(count, site, said):
    held = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):
                wire = socket.create_connection((site.hostname, site.port), timeout=5)
                if site.scheme == "https":
                    wire = ssl._create_unverified_context().wrap_socket(
                        wire, server_hostname=site.hostname
                    )
                wire.sendall(said)
                held.append(wire)
        yield
    finally:
        for wire in held:
            wire.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("site")
    arguments.add_argument("--bodies", type=int, default=16)
    arguments.add_argument("--idle", type=int, default=300)
    arguments.add_argument("--host", default="localhost")
    wanted = arguments.parse_args()
    site = urlsplit(wanted.site)
    half = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: {wanted.host}\r\nContent-Length: 1000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin="
    ).encode()
    people("nobody else", site, wanted.host)
    with wires(wanted.bodies, site, half):
        people(f"{wanted.bodies} half-sent bodies", site, wanted.host)
    with wires(wanted.idle, site, b""):
        people(f"{wanted.idle} idle connections", site, wanted.host)


if __name__ == "__main__":
    main()
