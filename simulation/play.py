"""Bookings and partners with habits, played through the real verbs on a clock that jumps from event
to event.
"""

import heapq
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from django.conf import settings

from accounts.models import Technician, User
from catalogue.models import Service
from dispatch import matching, offers
from dispatch.models import Offer, OfferState, Search
from mila.clock import set_clock
from mila.errors import Refusal
from payments import webhooks
from payments.standin.delivery import deliver_pending
from places.calendar import bookable_days, bookable_starts
from policy.figures import Policy
from requests_app.actions import visit
from requests_app.deadlines import hours_of
from requests_app.models import ENDED, OFFERED, Booking, BookingEvent, Fault, State
from simulation import bookings
from simulation.bad_faith import BadFaith, Cheat
from simulation.cast import CITIES, People, wall
from simulation.habits import MIX, Habits, span
from simulation.outlook import Outlook, outlook
from simulation.visits import Visits

LAST_LOOK = timedelta(days=75)
DROPPED = 0.8  # of what somebody of bad faith claims
LOOKS = 12  # at one open booking, by all technicians together
OWES = ("sign_off", "decide", "decide_fee", "cancel", "fail_visit")
TOLD_BY_STRIPE = {"place", "settle", *OWES}  # with these there are events of Stripe's to deliver


Planned = tuple[datetime, int, Callable[[], object]]


@dataclass
class Simulation(Visits):
    """Build the world with `people`, then `run`; `done` counts bookings that
    have come to an end.
    """

    bookings: int
    partners: int
    seed: int
    dice: random.Random = field(init=False)
    queue: list[Planned] = field(default_factory=list)
    serial: Iterator[int] = field(default_factory=count)
    habits: dict[int, Habits] = field(default_factory=dict)
    technicians: dict[int, Technician] = field(default_factory=dict)
    last_offer: int = 0
    last_event: int = 0
    now: datetime = field(init=False)
    services: list[Service] = field(default_factory=list)
    ops: User = field(init=False)

    def __post_init__(self):
        self.dice = random.Random(self.seed)
        self.makers = People(self.seed)
        self.bad_faith = BadFaith(self.seed)
        # A share of bookings is chosen by their id (rule D2): one seed, one run.
        Booking._meta.get_field("uuid").default = lambda: uuid.UUID(
            int=self.dice.getrandbits(128), version=4
        )

    # --- Building

    def people(self, start: datetime) -> None:
        """Partners of both kinds in all cities, and the orders of the customers over the coming
        days.
        """
        self.now = start
        set_clock(start, speed=0)
        self.services = list(Service.objects.filter(active=True))
        self.ops = User.objects.create_user("sim-ops@mila.example", None, name="Ops")
        for technician in self.makers.partners("sim-partner", self.partners):
            self.habits[technician.pk] = self.dice.choice(MIX)
            self.technicians[technician.pk] = technician
            self.bad_faith.choose(technician.pk)
        for number in range(self.bookings):
            at = start + timedelta(minutes=self.dice.uniform(0, 3 * 24 * 60))
            self.at(at, partial(self.order, number))

    def order(self, number: int) -> None:
        """One customer books: a service, a place, one to three starts, a card."""
        city = self.dice.choice(CITIES)
        street, place = self.makers.place(city)
        service = self.dice.choice(self.services)
        customer = self.makers.customer(f"sim-customer-{number}", city)
        now, hours = self.now, hours_of(Policy())
        days = bookable_days(now, service.duration_minutes, place, hours)[
            : self.dice.choice((2, 4, 8))
        ]
        starts = [
            self.dice.choice(bookable_starts(day, now, service.duration_minutes, place, hours))
            for day in self.dice.sample(days, k=min(len(days), self.dice.choice((1, 1, 2, 3))))
        ]
        booking = bookings.draft(
            service,
            customer,
            street,
            place,
            [wall(s) for s in starts],
            phone=self.makers.phone(city),
            problem="…",
        )
        bookings.save_card(booking, bookings.any_card(self.dice))
        bookings.order(booking)

    # --- Running

    def at(self, when: datetime, act: Callable[[], object]) -> None:
        planned: Planned = (when, next(self.serial), act)
        heapq.heappush(self.queue, planned)

    def after(self, wait: timedelta, act: Callable[[], object]) -> None:
        self.at(self.now + wait, act)

    def run(self, progress: Callable[[int], None]) -> None:
        """Jump from instant to instant until nothing is left to happen."""
        end = self.now + LAST_LOOK
        ended = 0
        while True:
            ahead = outlook()
            ended += self.react(ahead)
            progress(ended)
            planned = [self.queue[0][0]] if self.queue else []
            when = min([at for _sweep, at in ahead.due] + planned, default=end)
            if when >= end or not (planned or ended < self.bookings):
                break
            if when > self.now:
                self.now = when
                set_clock(self.now, speed=0)
            while self.queue and self.queue[0][0] <= self.now:
                self.do(heapq.heappop(self.queue)[2])
            for sweep, at in ahead.due:  # what beat would set off
                if at <= self.now:
                    sweep()
        deliver_pending(self.post)

    def do(self, act: Callable[[], object]) -> None:
        """A person tries something; a refusal is part of life."""
        try:
            act()
        except Refusal:
            return

    def post(self, url: str, body: bytes, headers) -> int:
        """Stripe's message, handed over without a socket."""
        connect = url.endswith("/connect/")
        secrets = (
            settings.STRIPE_CONNECT_WEBHOOK_SECRETS if connect else settings.STRIPE_WEBHOOK_SECRETS
        )
        event = webhooks.receive(body, headers["Stripe-Signature"], secrets)
        if event is not None:
            webhooks.handle(event.pk)
        return 200

    # --- What people do

    def react(self, ahead: Outlook) -> int:
        """What has happened since the last look gives people something to do.

        Answers how many bookings have ended.
        """
        if ahead.offer > self.last_offer:
            for offer in Offer.objects.filter(
                pk__gt=self.last_offer, state=OfferState.OPEN
            ).order_by("pk"):
                self.consider(offer)
            self.last_offer = ahead.offer
        if ahead.event == self.last_event:
            return 0
        events = list(
            BookingEvent.objects.filter(pk__gt=self.last_event)
            .select_related("booking")
            .order_by("pk")
        )
        self.last_event = ahead.event
        for event in events:
            self.follow(event)
        if any(event.move in TOLD_BY_STRIPE for event in events):
            deliver_pending(self.post)
        return sum((event.target in ENDED) - (event.source in ENDED) for event in events)

    def follow(self, event: BookingEvent) -> None:
        """A move was made: who has something to do now?"""
        booking = event.booking
        if booking.state == event.target and event.target not in ENDED:
            self.live(booking)
        if event.move in OWES:
            self.after(span(30, 600, self.dice), partial(self.pay, booking.pk))
            self.after(span(30, 900, self.dice), partial(self.read_what_is_held, booking.pk))
        if event.target == State.CONTESTED:
            self.after(span(600, 3000, self.dice), partial(self.decide, booking.pk, event.source))
        if event.target in OFFERED:
            self.after(span(1, 60, self.dice), partial(self.look_at_pool, booking.pk, LOOKS))

    def consider(self, offer: Offer) -> None:
        habits = self.habits[offer.technician_id]
        if offer.own_tap:
            self.after(span(0.1, 1.5, self.dice), partial(self.claim, offer))
        elif self.dice.random() < habits.sees:
            seen_after = span(0.05, 0.6, self.dice)
            self.after(seen_after, partial(offers.acknowledge, offer.pk, offer.technician_id))
            answers = seen_after + span(0.1, 2.1, self.dice)  # some think too long
            if self.dice.random() < habits.accepts:
                self.after(answers, partial(self.claim, offer))
            elif self.dice.random() < 0.7:
                self.after(
                    answers, partial(offers.decline, offer.pk, offer.technician_id, reason="time")
                )

    def look_at_pool(self, booking_id: int, looks: int) -> None:
        """Technicians look through the open bookings now and then; one of them may tap."""
        running = Search.objects.filter(booking=booking_id, ended_at=None)
        if looks == 0 or not running.exists():
            return
        if run := running.exclude(pool_at=None).select_related("booking").first():
            for candidate in matching.candidates(run.booking, self.now, limit=8):
                habits = self.habits[candidate.technician_id]
                if self.dice.random() < habits.accepts * habits.sees:
                    tap = partial(offers.tap, booking_id, candidate.technician_id)
                    self.after(span(1, 60, self.dice), tap)
        self.after(span(60, 240, self.dice), partial(self.look_at_pool, booking_id, looks - 1))

    def claim(self, offer: Offer) -> None:
        user = self.technicians[offer.technician_id].user
        offers.claim(offer.booking_id, offer.technician_id, rank=offer.wishes[0], by=user)

    def live(self, booking: Booking) -> None:
        """What follows from the state a booking has come to."""
        if booking.technician_id is None or booking.start_at is None:
            return
        habits = self.habits[booking.technician_id]
        user = self.technicians[booking.technician_id].user
        ids = (booking.pk, booking.technician_id)
        now, start, chance = self.now, booking.start_at, self.dice.random()
        due = booking.due_at or start
        match (cheat := self.bad_faith.of(booking)), booking.state:
            case Cheat.DROPS, State.CLAIMED if chance < DROPPED:
                self.after(span(1, 9, self.dice), partial(self.bad_faith.drop, booking))
                return
            case Cheat.EARLY, State.CONFIRMED:
                self.after(span(0.01, 1, self.dice), partial(self.bad_faith.all_at_once, booking))
            case Cheat.ALONE, State.FINISHED:
                wait = span(0.01, 1, self.dice)
                self.after(
                    wait,
                    partial(
                        self.bad_faith.attempt, cheat, partial(self.bad_faith.sign, booking.pk)
                    ),
                )
                self.after(timedelta(hours=80), partial(self.call_about, booking.pk))
                return
        match booking.state:
            case State.CLAIMED if chance < habits.calls:
                call = partial(visit.record_call, *ids, channel="phone", reached=True, by=user)
                self.at(now + (due - now) * self.dice.uniform(0.05, 0.9), call)
                if self.dice.random() < 0.03:
                    self.after(span(60, 600, self.dice), partial(self.change_of_mind, booking.pk))
            case State.CALLED if chance < habits.confirms:
                self.at(
                    now + (due - now) * self.dice.uniform(0.05, 0.95),
                    partial(visit.confirm, *ids, by=user),
                )
            case State.UNCONFIRMED if chance < 0.5:
                self.after(span(5, 300, self.dice), partial(visit.confirm, *ids, by=user))
            case State.CONFIRMED if chance < 0.98:
                self.at(
                    max(now, start - span(20, 40, self.dice)), partial(visit.depart, *ids, by=user)
                )
            case State.CONFIRMED:
                self.at(start + timedelta(minutes=31), partial(self.nobody_came, booking.pk))
            case State.EN_ROUTE:
                self.after(span(15, 40, self.dice), partial(visit.arrive, *ids, by=user))
            case State.ARRIVED if chance < 0.97:
                self.after(span(1, 5, self.dice), partial(self.start, *ids))
            case State.ARRIVED:
                absent = partial(
                    visit.fail_visit, reason="Nobody opened the door.", fault=Fault.CUSTOMER
                )
                self.after(span(11, 15, self.dice), partial(absent, *ids, by=user))
            case State.IN_PROGRESS:
                work = timedelta(minutes=booking.duration_minutes) * self.dice.uniform(0.7, 1.2)
                if self.dice.random() < 0.3:
                    self.after(
                        work * self.dice.uniform(0.1, 0.8), partial(self.propose, booking.pk)
                    )
                self.after(work, partial(self.finish, booking.pk))
            case State.FINISHED if chance < 0.95:
                self.after(span(2, 10, self.dice), partial(self.sign, booking.pk))
            case State.FINISHED:
                self.after(span(5, 600, self.dice), partial(self.read_and_forget, booking))
