"""The site's processes under one roof: their lines in one stream, and whoever dies is started
again.

A process that dies is back after a short wait, which grows with each death in its first seconds;
one that cannot live ends the site. What it leaves behind in its group is ended first: a forgotten
child would hold its port or its jobs.
"""

import multiprocessing
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from honcho import manager, printer, process

# seconds before the next start, by early deaths in a row; after the last it is over
WAITS = (0.2, 0.5, 1.0, 2.0, 5.0)
EARLY = 10  # seconds: whoever dies younger has not lived


@dataclass
class Family:
    """Who runs at present, how often each was started, and whether the site is told to stop."""

    pids: dict[str, int] = field(default_factory=dict)
    starts: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def restarts(self) -> dict[str, int]:
        return {name: number - 1 for name, number in self.starts.items()}


class Printer:
    """The processes' own lines as they come, and honcho's remarks read for what they tell: who
    began, who ended.
    """

    def __init__(self, output, names: set[str], when_begun: Callable[[], object]):
        self._plain = printer.Printer(output)
        self._awaited = names
        self._when_begun = when_begun
        self.family = Family()
        self.told_to_stop = False
        self.ended = ""  # the process that ended for good, unasked
        self.width = 0

    def write(self, message):
        if message.name != "system":
            self._plain.width = self.width
            # what a process says when its helpers are ended under it is no news
            if not self.told_to_stop:
                self._plain.write(message)
        elif begun := re.match(r"(\w+) started \(pid=(\d+)\)", message.data):
            self.family.pids[begun[1]] = int(begun[2])
            self.family.starts[begun[1]] += 1
            if self._awaited == self.family.pids.keys():
                self._when_begun()  # all are forked: threads may begin
        elif (over := re.match(r"(\w+) stopped", message.data)) and not self.told_to_stop:
            self.ended = self.ended or over[1]
        elif " received" in message.data:
            self.told_to_stop = True


class Manager(manager.Manager):
    """Honcho's, whose processes come back until it is told to stop."""

    def __init__(self, out: Printer):
        super().__init__(out)
        self._closing = multiprocessing.Event()
        self._process_ctor = partial(_Kept, closing=self._closing)

    def terminate(self):
        self._closing.set()
        super().terminate()


class _Kept(process.Process):
    """One process of the site for as long as the site stands.

    Lives in a small process that outlives its child.
    """

    def __init__(self, *args, closing, **kwargs):
        super().__init__(*args, **kwargs)
        self._closing = closing

    def run(self, events=None, ignore_signals=False):
        self._events = events
        parent = os.getppid()
        for number in (signal.SIGTERM, signal.SIGINT):
            # ignored here; "ignore" itself would be handed on to the child
            signal.signal(number, lambda *_: None)
        early = 0
        while True:
            begun = time.monotonic()
            code = self._live_once()
            early = early + 1 if time.monotonic() - begun < EARLY else 0
            # the site was killed: its next start ends the children, for good
            orphaned = os.getppid() != parent
            if orphaned or self._closing.is_set() or early > len(WAITS):
                break
            self._send_message(f"Ended ({code}); starts again.\n")
            if self._closing.wait(WAITS[max(early - 1, 0)]):
                break
        self._send_message({"returncode": code}, type="stop")

    def _live_once(self) -> int:
        self._child = self._child_ctor(self.cmd, env=self.env, cwd=self.cwd)
        self._send_message({"pid": self._child.pid}, type="start")
        watch = threading.Thread(target=self._clear_up)
        watch.start()
        if self._closing.is_set():  # told to stop in the moment of its birth
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGTERM)
        for line in iter(self._child.stdout.readline, b""):
            self._send_message(line)
        self._child.stdout.close()
        watch.join()
        return self._child.returncode

    def _clear_up(self) -> None:
        self._child.wait()
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
