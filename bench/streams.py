"""How much an open stream costs, and how soon all readers of a change have it. By hand:

    python -m bench.streams [--streams 2000] [--readers 1000] [--changes 40]

One JSON line for each figure. Targets: 20 KiB for each stream, no thread
more, p95 of the fan-out 200 ms. Client and server share the machine.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
import uuid

import psutil

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")

from embedded import hold
from mila.redis import cache_redis
from mila.streams import publish

PATIENCE = 60  # seconds: what comes late on a busy machine is late, not lost


def figure(what, value, target, unit):
    print(json.dumps({"what": what, "value": value, "target": target, "unit": unit}))


async def listen(port, channel, arrivals):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /events/?ticket={publish.ticket(channel)} HTTP/1.1\r\n"
        "Host: localhost\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await reader.readuntil(b"retry: ")

    async def follow():
        while line := await reader.readline():
            if line.startswith(b"data:") and b"resync" not in line:
                arrivals.append(time.perf_counter())

    return asyncio.create_task(follow()), writer


async def measure(port, server, streams, readers, changes):
    cost = psutil.Process(server.pid)
    before, threads = cost.memory_info().rss, cost.num_threads()
    watched, arrivals, others = f"booking:{uuid.uuid4()}", [], []
    began = time.perf_counter()
    tasks = []
    for number in range(streams):
        seen = number < readers
        tasks.append(
            await listen(
                port, watched if seen else f"booking:{uuid.uuid4()}", arrivals if seen else others
            )
        )
    figure("streams open", len(tasks), streams, "streams")
    figure("time to open them", round(time.perf_counter() - began, 1), None, "s")
    await asyncio.sleep(2)
    figure(
        "memory for each", round((cost.memory_info().rss - before) / streams / 1024, 1), 20, "KiB"
    )
    figure("threads before and after", [threads, cost.num_threads()], "same", "threads")

    delays = []
    for _ in range(changes):
        arrivals.clear()
        told = time.perf_counter()
        await asyncio.to_thread(
            cache_redis().publish, publish.PREFIX + watched, '{"event": "moved"}'
        )
        while len(arrivals) < min(readers, streams) and time.perf_counter() - told < PATIENCE:
            await asyncio.sleep(0.005)
        delays += [at - told for at in arrivals]
    figure("messages lost", changes * min(readers, streams) - len(delays), 0, "messages")
    figure("fan-out p95", round(statistics.quantiles(delays, n=20)[-1] * 1000), 200, "ms")
    figure("strays to other channels", len(others), 0, "messages")
    for task, writer in tasks:
        task.cancel()
        writer.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--streams", type=int, default=2000)
    arguments.add_argument("--readers", type=int, default=1000)
    arguments.add_argument("--changes", type=int, default=40)
    wanted = arguments.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "mila.streams.server:application",
        "--port",
        str(port),
    ]
    server = subprocess.Popen([*command, "--no-access-log", "--log-level", "warning"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        asyncio.run(measure(port, server, wanted.streams, wanted.readers, wanted.changes))
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    with hold():
        main()
