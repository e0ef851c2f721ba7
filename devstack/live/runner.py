"""Builds the instance, lets people act, kills and drives the clock until all is over.

After the last kill every booking must come to its end within PATIENCE, and everything that must
hold must hold. That nothing is overdue (invariant I8) is looked at last, with the clock at its real
speed: before that a minute of the sweeps is hours of the clock.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from backoffice.invariants import violations
from devstack.live import result
from devstack.live.kills import Kills
from devstack.live.pace import LOOK, Pace
from devstack.live.participants import Participants
from devstack.live.plans import Diary
from devstack.live.reactions import Reactions
from devstack.supervisor import Family
from mila import heartbeat
from mila.clock import mila_now, set_clock
from requests_app.models import ENDED, Booking, State
from simulation.actors import Tally
from simulation.cast import People
from simulation.outlook import promised

PATIENCE = 120  # seconds from the last restart to the end of every booking
STANDSTILL = 180  # seconds without any change: it is stuck
ORDERS_WITHIN = timedelta(hours=7)
OVER = ENDED | {State.UNFILLED}
# How far a booking has come, from the order to its end.
STAGES = (
    State.SEARCHING,
    State.CLAIMED,
    State.CALLED,
    State.CONFIRMED,
    State.EN_ROUTE,
    State.ARRIVED,
    State.IN_PROGRESS,
    State.FINISHED,
    State.SIGNED_OFF,
    State.SETTLED,
)


class Live:
    """Build the instance with `people` before the site runs, then `run` beside it; `result` says
    how it was.
    """

    def __init__(
        self, *, bookings: int, partners: int, kills: int, speed: float, seed: int, start: datetime
    ):
        self.wanted, self.partners_wanted, self.start = bookings, partners, start
        self.dice = random.Random(seed)
        self.kills = Kills(kills, self.dice)
        self.tally = Tally()
        self.diary = Diary(start, self.tally)
        self.pace = Pace(speed, self.diary, self.kills)
        self.participants = Participants(bookings, self.diary, self.dice, People(seed))
        self.reactions = Reactions(self.participants, self.diary, self.dice)
        self.result: dict[str, Any] = {}
        self.progress: Callable[[float], object] = lambda share: None

    def people(self) -> None:
        """The partners. The clock stands still until everybody is there."""
        set_clock(self.start, speed=0)
        self.participants.settle(self.partners_wanted)

    def run(self, family: Family) -> int:
        """Play until all is over; 0 when everything went as it must."""
        self.family = family
        began = time.monotonic()
        trouble: list[str] = []
        try:
            self.participants.sign_in(family.over)
            for number in range(self.wanted):
                self.participants.plan_order(number, ORDERS_WITHIN * self.dice.random())
            trouble += self.conduct()
            trouble += self.come_to_rest()
            trouble += self.judge(time.monotonic() - began)
        except Exception as error:
            self.result["trouble"] = [f"The play broke off: {error!r}"]
            raise
        finally:
            self.diary.pool.shutdown(wait=False, cancel_futures=True)
            connections.close_all()  # this thread's own
        self.result["trouble"] = trouble
        return 1 if trouble else 0

    # --- Until every booking is over

    def conduct(self) -> list[str]:
        """Look, let people act, kill, drive the clock. Answers what went wrong."""
        last_restart = time.monotonic()
        self.pace.begin()
        while not self.family.over.is_set():
            self.diary.now = mila_now()
            self.diary.land()
            self.reactions.follow()
            self.diary.let_act()
            if self.attend_kills():
                last_restart = time.monotonic()
            if self.is_over():
                self.result["seconds_after_last_restart"] = round(
                    time.monotonic() - last_restart, 1
                )
                return []
            if (
                self.kills.planned
                and self.kills.are_over()
                and time.monotonic() - last_restart > PATIENCE
            ):
                return [
                    f"Not all bookings were over {PATIENCE} s after the last restart: "
                    f"{self.unfinished()}"
                ]
            if time.monotonic() - max(self.kills.changed, self.reactions.changed) > STANDSTILL:
                return [f"Nothing has changed for {STANDSTILL} s: {self.unfinished()}"]
            self.pace.drive()
            time.sleep(LOOK)
        return ["The site was stopped."]

    def attend_kills(self) -> bool:
        """Kill the next one when its time has come; True when one that was killed is back."""
        if self.kills.dying():
            return self.kills.see_back(self.family)
        done = self.share_done()
        self.progress(done)
        self.kills.strike(self.family, done)
        return False

    def share_done(self) -> float:
        """How far all bookings together have come, from 0 to 1."""
        states = Counter(Booking.objects.exclude(state=State.DRAFT).values_list("state", flat=True))
        stages = {state: number / (len(STAGES) - 1) for number, state in enumerate(STAGES)}
        stages[State.UNCONFIRMED] = stages[State.CALLED]
        return (
            sum(number * stages.get(State(state), 1.0) for state, number in states.items())
            / self.wanted
        )

    def is_over(self) -> bool:
        if self.participants.placed < self.wanted or not self.kills.are_over() or self.diary.flying:
            return False
        return not self.open_bookings().exists()

    def open_bookings(self):
        return Booking.objects.exclude(state__in=[*OVER, State.DRAFT])

    def unfinished(self) -> str:
        states = Counter(self.open_bookings().values_list("state", flat=True))
        return (
            ", ".join(f"{number} {state}" for state, number in states.items())
            or f"{self.participants.placed} placed"
        )

    # --- The end

    def come_to_rest(self) -> list[str]:
        """At the real speed, until the sweeps have nothing left that is due."""
        self.pace.set(1.0)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self.family.over.is_set():
            now = mila_now()
            if all(at is None or at > now for _sweep, at in promised()) and not heartbeat.late():
                return []
            time.sleep(0.5)
        return ["The sweeps did not catch up."]

    def judge(self, seconds: float) -> list[str]:
        """Figures into `result`; answers what must not be."""
        broken = violations()
        states = Counter(Booking.objects.exclude(state=State.DRAFT).values_list("state", flat=True))
        hours = (mila_now() - self.start).total_seconds() / 3600
        self.result |= {
            "bookings": sum(states.values()),
            **{f"ended_{state}": number for state, number in sorted(states.items())},
            **result.of_kills(self.kills, self.family.restarts),
            **result.of_requests(self.tally),
            "virtual_hours": round(hours, 1),
            "seconds": round(seconds, 1),
            **{
                f"seconds_{why.replace(' ', '_')}": round(spent, 1)
                for why, spent in self.pace.spent.items()
            },
            "what_was_refused": dict(self.tally.refusals.most_common(12)),
            "violations": broken,
        }
        return result.trouble(self.tally, broken, self.kills, self.family.restarts)
