"""What people mean to do at an instant of the virtual clock, and who is at it."""

import heapq
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from simulation.actors import Person, Tally
from simulation.html_client import PageError

THREADS = 6


@dataclass(order=True)
class Plan:
    """Somebody means to do something at an instant of the virtual clock."""

    at: datetime
    serial: int
    name: str = field(compare=False)
    person: Person | None = field(compare=False)  # None: only something to decide
    act: Callable[[], object] = field(compare=False)
    booking: int = field(compare=False, default=0)
    window: bool = field(compare=False, default=False)
    after: Callable[[], object] | None = field(compare=False, default=None)


class Diary:
    """Everybody's plans: those to come, and those that are being carried out in a thread."""

    def __init__(self, now: datetime, tally: Tally) -> None:
        self.now = now  # of the virtual clock, at the last look
        self.tally = tally
        self.queue: list[Plan] = []
        self.serial = count()
        self.flying: list[tuple[Future, Plan]] = []
        self.busy: Counter[int] = Counter()  # plans by booking, waiting or under way
        self.pool = ThreadPoolExecutor(THREADS)

    def plan(
        self, wait: timedelta, name: str, person: Person | None, act: Callable[[], object], **more
    ) -> None:
        plan = Plan(max(self.now, self.now + wait), next(self.serial), name, person, act, **more)
        self.busy[plan.booking] += 1
        heapq.heappush(self.queue, plan)

    def let_act(self) -> None:
        """Everybody whose time has come goes to their browser."""
        while self.queue and self.queue[0].at <= self.now:
            plan = heapq.heappop(self.queue)
            if plan.person is None:
                plan.act()
            else:
                self.flying.append((self.pool.submit(self.act, plan), plan))

    def act(self, plan: Plan) -> bool:
        """In a thread: one person does one thing. A refusal is part of life."""
        try:
            with plan.person.lock:
                plan.act()
        except PageError as error:
            self.tally.refused(plan.name, error)
            return False
        except Exception as error:  # a player must not die silently
            self.tally.broken(plan.name, error)
            return False
        return True

    def land(self) -> None:
        """Whoever is back from their browser."""
        for future, plan in [pair for pair in self.flying if pair[0].done()]:
            self.flying.remove((future, plan))
            self.busy[plan.booking] -= 1
            if plan.after:
                plan.after()
