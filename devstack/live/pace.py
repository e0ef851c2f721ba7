"""How fast the clock runs.

At 2000 times the real speed a window of two minutes lasts 60 ms: nobody could answer, and between
two ticks of beat more than half an hour goes by. So `--speed` is the most, and the clock is driven
by what lies ahead:

- nothing until the next instant that matters (what somebody plans to do, what a row has promised):
as fast as allowed, but so that it is not passed by more than a look's time;
- somebody is doing something on a page: WALKING, and SLOW while it is about an open window, so that
an answer of half a second is one of some seconds;
- something has fallen due and no sweep has handled it yet: WALKING, and from SLACK on in real time,
until a sweep has. So the clock is never more than some minutes past a promise, however long a
killed worker or beat takes to be back;
- somebody cannot reach the site: real time. An outage of seconds must not become one of hours.
"""

import time
from collections import defaultdict
from datetime import timedelta

from devstack.live.kills import Kills
from devstack.live.plans import Diary
from mila.clock import set_speed
from simulation.outlook import promised

LOOK = 0.05  # seconds between two looks of the runner
WALKING = 240.0  # times the real speed while people act or sweeps have something to do
SLOW = 20.0  # while somebody answers in their window
SLACK = timedelta(minutes=10)  # how far past a promise nobody has kept yet


class Pace:
    """Drives the clock, at most `top` times the real speed."""

    def __init__(self, top: float, diary: Diary, kills: Kills) -> None:
        self.top, self.diary, self.kills = top, diary, kills
        self.speed = 0.0
        self.spent: dict[str, float] = defaultdict(float)  # real seconds by what the clock ran like
        self.looked = time.monotonic()

    def begin(self) -> None:
        """The clock stands still until here."""
        self.looked = time.monotonic()

    def drive(self) -> None:
        """Let the clock run as fast as fits until the next look."""
        why, speed = self.fitting_speed()
        self.spent[why] += time.monotonic() - self.looked
        self.looked = time.monotonic()
        if speed != self.speed:
            self.set(speed)

    def set(self, speed: float) -> None:
        set_speed(speed)
        self.speed = speed

    def fitting_speed(self) -> tuple[str, float]:
        """Why, and how fast the clock may run until the next look."""
        diary, walking = self.diary, min(WALKING, self.top)
        if diary.tally.waiting or "web" in self.kills.dying():
            return "site away", 1.0
        due = min((at for _sweep, at in promised() if at is not None), default=None)
        if due is not None and due < diary.now - SLACK:
            return "held for a sweep", 1.0
        if any(plan.window for _future, plan in diary.flying):
            return "window answered", min(SLOW, self.top)
        if diary.flying:
            return "people act", walking
        planned = diary.queue[0].at if diary.queue else None
        ahead = min((at for at in (due, planned) if at is not None), default=None)
        if ahead is None or ahead <= diary.now:
            return "sweep awaited", walking
        # What is left, in twice the time of a look: the last steps before an instant are small
        # ones.
        gap = (ahead - diary.now).total_seconds()
        return "nothing to do", float(round(min(self.top, max(walking, gap / (2 * LOOK)))))
