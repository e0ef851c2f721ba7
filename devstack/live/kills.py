"""Each of web, worker and beat is killed with -9 as often as asked, in an order of dice, one at a
time.

The kills are spread over the bookings' progress. The house's own manager brings each of them back.
"""

import os
import random
import signal
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from django.conf import settings

from devstack.supervisor import Family

VICTIMS = ("web", "worker", "beat")
BACK_WITHIN = 60  # seconds for a killed process


@dataclass
class Kill:
    name: str
    at: float
    back_after: float | None = None


class Kills:
    """Those to come and those that were, with how long each was away."""

    def __init__(self, each: int, dice: random.Random) -> None:
        self.to_come = [name for name in VICTIMS for _ in range(each)]
        dice.shuffle(self.to_come)
        self.planned = len(self.to_come)
        self.done: list[Kill] = []
        self._starts = 0  # of the one that was killed last, before
        self.changed = time.monotonic()

    def strike(self, family: Family, share: float) -> None:
        """Kill the next one, if the bookings have come that share of their way."""
        if self.to_come and share >= (len(self.done) + 0.5) / (self.planned + 0.5):
            name = self.to_come.pop()
            self._starts = family.starts[name]
            os.kill(family.pids[name], signal.SIGKILL)
            self.done.append(Kill(name, time.monotonic()))
            self.changed = time.monotonic()

    def see_back(self, family: Family) -> bool:
        """Whether the one that was killed is back; one that is not within BACK_WITHIN is not waited
        for any more.
        """
        kill = self.done[-1]
        if family.starts[kill.name] > self._starts and (kill.name != "web" or self.answers()):
            kill.back_after = round(time.monotonic() - kill.at, 1)
            self.changed = time.monotonic()
            return True
        if time.monotonic() - kill.at > BACK_WITHIN:
            kill.back_after = float("inf")
        return False

    def dying(self) -> set[str]:
        return {kill.name for kill in self.done if kill.back_after is None}

    def are_over(self) -> bool:
        return not self.to_come and not self.dying()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{settings.SITE_URL}/healthz", timeout=5):  # noqa: S310
                return True
        except (OSError, urllib.error.HTTPError):
            return False
