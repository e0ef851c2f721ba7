"""Customers and partners at the pages of the real site, on a fast clock, while its processes are killed (FAULT T4).

The site is `mila.launch`'s: web, streams, worker, beat and the delivery of webhooks, each a process of its own against
fresh databases. This process plays the people (mila.simulation.players), moves the clock and kills.

**The clock.** At 2000 times the real speed a window of two minutes lasts 60 ms: nobody could answer, and between two
ticks of beat more than half an hour goes by. So `--speed` is the most, and the conductor drives by what lies ahead:

- nothing until the next instant that matters (what somebody plans to do, what a row has promised): as fast as allowed,
  but so that it is not passed by more than a look's time;
- somebody is doing something on a page: WALKING, and SLOW while it is about an open window, so that an answer of half
  a second is one of some seconds;
- something has fallen due and no sweep has handled it yet: WALKING, and from SLACK on in real time, until a sweep has.
  So the clock is never more than some minutes past a promise, however long a killed worker or beat takes to be back;
- somebody cannot reach the site: real time. An outage of seconds must not become one of hours.

**The kills.** Each of web, worker and beat is killed with -9 as often as asked, in an order of dice, spread over the
bookings' progress, one at a time. The house's own manager brings it back. After the last one every booking must come
to its end within PATIENCE, and everything that must hold must hold. That nothing is overdue (FAULT I8) is looked at
last, with the clock at its real speed: before that a minute of the sweeps is hours of the clock.
"""

import heapq
import os
import random
import signal
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import Max

from accounts.models import Technician
from catalogue.models import Service
from catalogue.policy import Policy
from dispatch import matching
from dispatch.models import Offer, OfferState, Search
from mila import heartbeat, journey
from mila.clock import mila_now, set_clock, set_speed
from mila.invariants import violations
from mila.keeping import Family
from mila.simulation import players
from mila.simulation.bookings import ASKS_EVERY_TIME, DECLINES_LATER, GOOD_CARD
from mila.simulation.people import CITIES, People, wall
from mila.simulation.play import MIX, Habits, promised, span
from mila.simulation.players import Patient, Person, Tally, Wish
from mila.visitor import PageError
from payments import charges
from payments.models import Charge
from places.calendar import bookable_days, bookable_starts
from requests_app.deadlines import hours_of
from requests_app.models import ENDED, OFFERED, Booking, State

PASSWORD = "only-for-the-simulation"  # noqa: S105  (of a world that is thrown away)
THREADS = 6
LOOK = 0.05  # seconds between two looks of the conductor
WALKING = 240.0  # times the real speed while people act or sweeps have something to do
SLOW = 20.0  # while somebody answers in his window
SLACK = timedelta(minutes=10)  # how far past a promise nobody has kept yet
BACK_WITHIN = 60  # seconds for a killed process
PATIENCE = 120  # seconds from the last restart to the end of every booking
STANDSTILL = 180  # seconds without any change: it is stuck
LOOKS = 8  # at one open booking, by all technicians together
VICTIMS = ("web", "worker", "beat")
ORDERS_WITHIN = timedelta(hours=7)
OVER = ENDED | {State.UNFILLED}
# How far a booking has come, from the order to its end.
STAGES = (
    State.SEARCHING, State.CLAIMED, State.CALLED, State.CONFIRMED, State.EN_ROUTE, State.ARRIVED, State.IN_PROGRESS,
    State.FINISHED, State.SIGNED_OFF, State.SETTLED,
)  # fmt: skip
# Nothing of the site's own moves these on when the person who should has failed to.
NEEDS_SOMEBODY = {
    State.UNCONFIRMED, State.CONFIRMED, State.EN_ROUTE, State.ARRIVED, State.IN_PROGRESS, State.FINISHED,
}  # fmt: skip


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


@dataclass
class Kill:
    name: str
    at: float
    back_after: float | None = None


class Live:
    """Build the world with `people` before the site runs, then `run` beside it; `result` says how it was."""

    def __init__(self, *, bookings: int, partners: int, kills: int, speed: float, seed: int, start: datetime):
        self.wanted, self.partners_wanted, self.top, self.start = bookings, partners, speed, start
        self.dice = random.Random(seed)
        self.makers = People(seed)
        self.tally = Tally()
        self.queue: list[Plan] = []
        self.serial = count()
        self.flying: list[tuple[Future, Plan]] = []
        self.busy: Counter[int] = Counter()  # plans by booking, waiting or under way
        self.partners: dict[int, Person] = {}
        self.habits: dict[int, Habits] = {}
        self.customers: dict[int, Person] = {}
        self.seen: dict[int, int] = {}  # booking -> its last event
        self.offers: set[int] = set()
        self.placed = 0
        self.speed = 0.0
        self.spent: dict[str, float] = defaultdict(float)  # real seconds by what the clock ran like
        self.to_kill = [name for name in VICTIMS for _ in range(kills)]
        self.dice.shuffle(self.to_kill)
        self.planned_kills = len(self.to_kill)
        self.kills: list[Kill] = []
        self.changed = time.monotonic()
        self.result: dict[str, Any] = {}
        self.progress: Callable[[float], object] = lambda share: None

    # --- Building

    def people(self) -> None:
        """Partners of both kinds in all cities. The clock stands still until everybody is there."""
        set_clock(self.start, speed=0)
        self.services = list(Service.objects.filter(active=True))
        for number in range(self.partners_wanted):
            city, kind = CITIES[number % len(CITIES)], "pro" if number % 3 == 2 else "friend"
            for technician in self.makers.partner(f"live-partner-{number}", city, kind=kind, password=PASSWORD):
                self.habits[technician.pk] = self.dice.choice(MIX)

    # --- The whole

    def run(self, family: Family) -> int:
        """Play until all is over; 0 when everything went as it must."""
        self.family = family
        self.pool = ThreadPoolExecutor(THREADS)
        began = time.monotonic()
        trouble: list[str] = []
        try:
            self.sign_in()
            self.now = self.start
            for number in range(self.wanted):
                self.plan_order(number, ORDERS_WITHIN * self.dice.random())
            trouble += self.conduct()
            trouble += self.come_to_rest()
            trouble += self.judge(time.monotonic() - began)
        except Exception as error:
            self.result["trouble"] = [f"The play broke off: {error!r}"]
            raise
        finally:
            self.pool.shutdown(wait=False, cancel_futures=True)
            connections.close_all()  # this thread's own
        self.result["trouble"] = trouble
        return 1 if trouble else 0

    def sign_in(self) -> None:
        for technician in Technician.objects.select_related("user").filter(pk__in=self.habits):
            self.partners[technician.pk] = self.person(technician.name, technician.user.email, technician.user.language)
        signing = [
            self.pool.submit(journey.sign_in, partner.browser, partner.email, PASSWORD)
            for partner in self.partners.values()
        ]
        for one in signing:
            one.result()

    def person(self, name: str, email: str, language: str) -> Person:
        return Person(Patient(settings.SITE_URL, language, self.tally, self.family.over), name, email)

    # --- The conductor

    def conduct(self) -> list[str]:
        """Until every booking is over: look, let people act, kill, drive the clock. Answers what went wrong."""
        last_restart = self.looked = time.monotonic()
        while not self.family.over.is_set():
            self.now = mila_now()
            self.land()
            self.follow()
            self.let_act()
            if self.attend_kills():
                last_restart = time.monotonic()
            if self.is_over():
                self.result["seconds_after_last_restart"] = round(time.monotonic() - last_restart, 1)
                return []
            all_killed = len(self.kills) == self.planned_kills and not self.dying()
            if all_killed and self.planned_kills and time.monotonic() - last_restart > PATIENCE:
                return [f"Not all bookings were over {PATIENCE} s after the last restart: {self.unfinished()}"]
            if time.monotonic() - self.changed > STANDSTILL:
                return [f"Nothing has changed for {STANDSTILL} s: {self.unfinished()}"]
            self.drive()
            time.sleep(LOOK)
        return ["The site was stopped."]

    def drive(self) -> None:
        why, speed = self.fitting_speed()
        self.spent[why] += time.monotonic() - self.looked
        self.looked = time.monotonic()
        if speed != self.speed:
            set_speed(speed)
            self.speed = speed

    def fitting_speed(self) -> tuple[str, float]:
        """Why, and how fast the clock may run until the next look."""
        walking = min(WALKING, self.top)
        if self.tally.waiting or "web" in self.dying():
            return "site away", 1.0
        due = min((at for _sweep, at in promised() if at is not None), default=None)
        if due is not None and due < self.now - SLACK:
            return "held for a sweep", 1.0
        if any(plan.window for _future, plan in self.flying):
            return "window answered", min(SLOW, self.top)
        if self.flying:
            return "people act", walking
        planned = self.queue[0].at if self.queue else None
        ahead = min((at for at in (due, planned) if at is not None), default=None)
        if ahead is None or ahead <= self.now:
            return "sweep awaited", walking
        # What is left, in twice the time of a look: the last steps before an instant are small ones.
        gap = (ahead - self.now).total_seconds()
        return "nothing to do", float(round(min(self.top, max(walking, gap / (2 * LOOK)))))

    def is_over(self) -> bool:
        if self.placed < self.wanted or self.to_kill or self.dying() or self.flying:
            return False
        return not self.open_bookings().exists()

    def open_bookings(self):
        return Booking.objects.exclude(state__in=[*OVER, State.DRAFT])

    def unfinished(self) -> str:
        states = Counter(self.open_bookings().values_list("state", flat=True))
        return ", ".join(f"{number} {state}" for state, number in states.items()) or f"{self.placed} placed"

    # --- Kills

    def attend_kills(self) -> bool:
        """Kill the next one when its time has come; True when one that was killed is back."""
        dying = self.dying()
        if not dying:
            done = self.share_done()
            self.progress(done)
            if self.to_kill and done >= (len(self.kills) + 0.5) / (self.planned_kills + 0.5):
                name = self.to_kill.pop()
                self.starts = self.family.starts[name]
                os.kill(self.family.pids[name], signal.SIGKILL)
                self.kills.append(Kill(name, time.monotonic()))
                self.changed = time.monotonic()
            return False
        kill = self.kills[-1]
        if self.family.starts[kill.name] > self.starts and (kill.name != "web" or self.answers()):
            kill.back_after = round(time.monotonic() - kill.at, 1)
            self.changed = time.monotonic()
            return True
        if time.monotonic() - kill.at > BACK_WITHIN:
            kill.back_after = float("inf")
        return False

    def dying(self) -> set[str]:
        return {kill.name for kill in self.kills if kill.back_after is None}

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{settings.SITE_URL}/healthz", timeout=5):  # noqa: S310
                return True
        except (OSError, urllib.error.HTTPError):
            return False

    def share_done(self) -> float:
        """How far all bookings together have come, from 0 to 1."""
        states = Counter(Booking.objects.exclude(state=State.DRAFT).values_list("state", flat=True))
        stages = {state: number / (len(STAGES) - 1) for number, state in enumerate(STAGES)}
        stages[State.UNCONFIRMED] = stages[State.CALLED]
        return sum(number * stages.get(State(state), 1.0) for state, number in states.items()) / self.wanted

    # --- Plans

    def plan(self, wait: timedelta, name: str, person: Person | None, act: Callable[[], object], **more) -> None:
        plan = Plan(max(self.now, self.now + wait), next(self.serial), name, person, act, **more)
        self.busy[plan.booking] += 1
        heapq.heappush(self.queue, plan)

    def let_act(self) -> None:
        """Everybody whose time has come goes to his browser."""
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
        """Whoever is back from his browser."""
        for future, plan in [pair for pair in self.flying if pair[0].done()]:
            self.flying.remove((future, plan))
            self.busy[plan.booking] -= 1
            if plan.after:
                plan.after()

    # --- Customers

    def plan_order(self, number: int, wait: timedelta) -> None:
        """A service, a place, one to three starts on the next two days, a card."""
        city = self.dice.choice(CITIES)
        street, place = self.makers.place(city)
        service = self.dice.choice(self.services)
        days = bookable_days(self.now, service.duration_minutes, place, hours_of(Policy()))[1:3]
        walls = [
            wall(self.dice.choice(bookable_starts(day, self.now, service.duration_minutes, place, hours_of(Policy()))))
            for day in self.dice.choices(days, k=self.dice.choice((1, 1, 2, 3)))
        ]
        starts = list(dict.fromkeys(walls))
        card = self.dice.choices((GOOD_CARD, DECLINES_LATER, ASKS_EVERY_TIME), weights=(94, 3, 3))[0]
        phone = self.makers.phone(city)
        wish = Wish(service.slug, city.country, street, place.postcode, place.city, starts, phone, card)
        customer = self.person(self.makers.name(), f"live-customer-{number}@mila.example", city.language)
        act = partial(players.order, customer, wish)
        self.plan(wait, "order", customer, act, after=partial(self.ordered, number, customer))

    def ordered(self, number: int, customer: Person) -> None:
        if customer.page:
            self.placed += 1
            self.customers[Booking.objects.get(token=customer.page.split("/")[2]).pk] = customer
        elif self.placed + len(self.queue) < 3 * self.wanted:
            self.plan_order(number + self.wanted, timedelta(minutes=5))

    # --- What has happened since the last look

    def follow(self) -> None:
        for offer in Offer.objects.filter(state=OfferState.OPEN).exclude(pk__in=self.offers):
            self.offers.add(offer.pk)
            self.consider(offer)
        rows = (
            Booking.objects.filter(pk__in=self.customers)
            .select_related("service")
            .annotate(last=Max("events__sequence"))
        )
        for booking in rows:
            if booking.last != self.seen.get(booking.pk):
                self.seen[booking.pk] = booking.last
                self.changed = time.monotonic()
                self.react(booking)
            elif not self.busy[booking.pk] and booking.state in NEEDS_SOMEBODY:
                self.react(booking, again=True)
            elif not self.busy[booking.pk] and self.owes(booking):
                self.plan_payment(booking, span(5, 30, self.dice))

    def consider(self, offer: Offer) -> None:
        """He has been told: does he look, and what does he answer?"""
        partner, habits = self.partners[offer.technician_id], self.habits[offer.technician_id]
        more = {"booking": offer.booking_id, "window": True}
        seen_after = span(0.1, 0.5, self.dice)
        if offer.own_tap:
            self.plan(seen_after, "take", partner, partial(players.take, partner), **more)
        elif self.dice.random() < habits.sees:
            self.plan(seen_after, "look", partner, partial(players.look, partner), **more)
            answers = seen_after + span(0.1, 1.2, self.dice)
            if self.dice.random() < habits.accepts:
                self.plan(answers, "take", partner, partial(players.take, partner), **more)
            elif self.dice.random() < 0.7:
                self.plan(answers, "decline", partner, partial(players.turn_down, partner), **more)

    def react(self, booking: Booking, *, again: bool = False) -> None:
        """What follows from the state a booking has come to; `again` when it should have followed and did not."""
        if booking.state in OFFERED and not again:
            self.plan_look(booking.pk, LOOKS)
        if booking.technician_id in self.partners and booking.start_at is not None:
            self.go_on(booking, again)
        elif self.owes(booking):
            self.plan_payment(booking, span(30, 300, self.dice))

    def go_on(self, booking: Booking, again: bool) -> None:
        partner, habits = self.partners[booking.technician_id], self.habits[booking.technician_id]
        customer, job = self.customers[booking.pk], str(booking.uuid)
        chance, start = 0.0 if again else self.dice.random(), booking.start_at - self.now
        due = (booking.due_at or booking.start_at) - self.now
        least = timedelta(minutes=5 if again else 0)

        def plan(wait: timedelta, name: str, act: Callable[..., object], *args, **kwargs) -> None:
            bound = partial(act, partner.browser, job, *args, **kwargs)
            self.plan(max(wait, least), name, partner, bound, booking=booking.pk)

        match booking.state:
            case State.CLAIMED if chance < habits.calls:
                plan(due * self.dice.uniform(0.05, 0.8), "call", journey.record_call)
                if self.dice.random() < 0.03:
                    self.plan_cancel(booking, span(60, 600, self.dice))
            case State.CALLED if chance < habits.confirms:
                plan(due * self.dice.uniform(0.05, 0.9), "confirm", journey.press, "confirm")
            case State.UNCONFIRMED if chance < 0.5 and not again:
                plan(span(5, 200, self.dice), "confirm late", journey.press, "confirm")
            case State.UNCONFIRMED:  # ops have called him
                plan(start - span(50, 60, self.dice), "confirm after all", journey.press, "confirm")
            case State.CONFIRMED if chance < 0.98:
                plan(start - span(20, 40, self.dice), "depart", journey.press, "depart")
            case State.CONFIRMED:
                self.plan_cancel(booking, start + timedelta(minutes=31))
            case State.EN_ROUTE:
                plan(span(15, 40, self.dice), "arrive", journey.press, "arrive")
            case State.ARRIVED if chance < 0.97:
                plan(span(1, 5, self.dice), "start", journey.press, "start")
            case State.ARRIVED:
                absent = {"why": "nobody_home", "fault": "customer"}
                plan(span(11, 15, self.dice), "nobody home", journey.cannot_do, **absent)
            case State.IN_PROGRESS:
                work = timedelta(minutes=booking.duration_minutes) * self.dice.uniform(0.7, 1.2)
                plan(work, "finish", journey.finish, done="Canal changé.\nTout essayé ensemble.")
            case State.FINISHED if chance < 0.85:
                stars = self.dice.choice((None, 3, 4, 5, 5))
                act = partial(players.hand_over, partner, job, customer.name, stars)
                self.plan(span(5, 10, self.dice), "sign", partner, act, booking=booking.pk)
            case State.FINISHED:
                act = partial(players.sign_at_home, customer)
                self.plan(span(20, 90, self.dice), "sign at home", customer, act, booking=booking.pk)

    def plan_look(self, booking: int, looks: int) -> None:
        self.plan(span(15, 90, self.dice), "think", None, partial(self.look_at_pool, booking, looks))

    def look_at_pool(self, booking_id: int, looks: int) -> None:
        """Technicians look through the open bookings now and then; some of them tap."""
        run = Search.objects.filter(booking=booking_id, ended_at=None).select_related("booking").first()
        if run is None or not looks:
            return
        if run.pool_at is not None:
            for candidate in matching.candidates(run.booking, self.now, limit=4):
                partner, habits = self.partners[candidate.technician_id], self.habits[candidate.technician_id]
                if self.dice.random() < habits.accepts * habits.sees:
                    act = partial(players.tap_one, partner, random.Random(self.dice.random()))
                    self.plan(span(1, 30, self.dice), "tap", partner, act)
        self.plan_look(booking_id, looks - 1)

    def plan_cancel(self, booking: Booking, wait: timedelta) -> None:
        customer = self.customers[booking.pk]
        act = partial(journey.cancel, customer.browser, customer.page)
        self.plan(wait, "cancel", customer, act, booking=booking.pk)

    def plan_payment(self, booking: Booking, wait: timedelta) -> None:
        customer = self.customers[booking.pk]
        act = partial(journey.pay, customer.browser, customer.page)
        self.plan(wait, "pay", customer, act, booking=booking.pk)

    def owes(self, booking: Booking) -> bool:
        """The card refused, and he has been written to."""
        if booking.state not in (State.SIGNED_OFF, State.CANCELLED, State.FAILED):
            return False
        return Charge.objects.filter(booking=booking, state__in=charges.WAITING).exists()

    # --- The end

    def come_to_rest(self) -> list[str]:
        """At the real speed, until the sweeps have nothing left that is due."""
        set_speed(1.0)
        self.speed = 1.0
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
        killed = Counter(kill.name for kill in self.kills)
        restarts = self.family.restarts
        self.result |= {
            "bookings": sum(states.values()),
            **{f"ended_{state}": number for state, number in sorted(states.items())},
            **{f"kills_{name}": killed[name] for name in VICTIMS},
            **{f"restarts_{name}": restarts.get(name, 0) for name in VICTIMS},
            "slowest_restart_seconds": max((kill.back_after or 0.0 for kill in self.kills), default=0),
            "requests": self.tally.requests,
            "requests_while_away": self.tally.away,
            "refusals": sum(self.tally.refusals.values()),
            "http_errors": len(self.tally.errors),
            "virtual_hours": round((mila_now() - self.start).total_seconds() / 3600, 1),
            "seconds": round(seconds, 1),
            **{f"seconds_{why.replace(' ', '_')}": round(spent, 1) for why, spent in self.spent.items()},
        }
        self.result["what_was_refused"] = dict(self.tally.refusals.most_common(12))
        self.result["violations"] = broken
        trouble = [f"An error of the site: {error}" for error in self.tally.errors]
        trouble += [f"{name} broken: {row}" for name, rows in broken.items() for row in rows]
        for name in VICTIMS:
            if restarts.get(name, 0) != killed[name]:
                trouble.append(
                    f"{name} was killed {killed[name]} times and started again {restarts.get(name, 0)} times."
                )
        if late := [kill.name for kill in self.kills if kill.back_after == float("inf")]:
            trouble.append(f"Not back within {BACK_WITHIN} s: {', '.join(late)}")
        return trouble
