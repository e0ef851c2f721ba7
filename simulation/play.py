"""Bookings and partners with habits, played through the real verbs on a clock that jumps from event
to event.
"""

import heapq
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from django.conf import settings
from django.db import connection

from accounts.models import Technician, User
from catalogue.models import Service
from catalogue.queries import packages_for
from dispatch import matching, offers
from dispatch import sweeps as dispatch_sweeps
from dispatch.models import Offer, OfferState, Search
from mila.clock import set_clock
from mila.errors import Refusal
from payments import charges, gateway, webhooks
from payments import sweeps as payment_sweeps
from payments.models import Charge, ChargeState
from payments.standin import user_actions
from payments.standin.delivery import deliver_pending
from places.calendar import bookable_days, bookable_starts
from policy.figures import Policy
from requests_app import sweeps as booking_sweeps
from requests_app.actions import changes, meeting, quoting, signing, visit
from requests_app.deadlines import hours_of
from requests_app.lifecycle import Role
from requests_app.models import (
    ENDED,
    OFFERED,
    Assignment,
    Booking,
    BookingEvent,
    Fault,
    SignOffKind,
    State,
)
from simulation import bookings
from simulation.bad_faith import BadFaith, Cheat
from simulation.cast import CITIES, People, wall


def span(low: float, high: float, dice: random.Random) -> timedelta:
    """A length of time between two numbers of minutes."""
    return timedelta(minutes=dice.uniform(low, high))


@dataclass(frozen=True)
class Habits:
    """How one technician behaves: chances between 0 and 1."""

    name: str
    accepts: float
    sees: float
    calls: float
    confirms: float


PROMPT = Habits("prompt", accepts=0.85, sees=0.95, calls=0.99, confirms=0.99)
PICKY = Habits("picky", accepts=0.35, sees=0.9, calls=0.98, confirms=0.97)
SLEEPY = Habits("sleepy", accepts=0.8, sees=0.35, calls=0.9, confirms=0.9)
FORGETFUL = Habits("forgetful", accepts=0.9, sees=0.9, calls=0.7, confirms=0.7)
MIX = (PROMPT, PROMPT, PROMPT, PICKY, SLEEPY, FORGETFUL)
LAST_LOOK = timedelta(days=75)
DROPPED = 0.8  # of what somebody of bad faith claims
SAY_CODE = 0.9  # of the customers have their code at hand
LOOKS = 12  # at one open booking, by all technicians together
OWES = ("sign_off", "decide", "decide_fee", "cancel", "fail_visit")
TOLD_BY_STRIPE = {"place", "settle", *OWES}  # with these there are events of Stripe's to deliver


Planned = tuple[datetime, int, Callable[[], object]]

# When each sweep next has something to do, in the order of SWEEPS, and the last offer and event;
# each column reads one index.
OUTLOOK = """
SELECT (SELECT min(due_at) FROM requests_app_booking WHERE due_at IS NOT NULL),
       (SELECT min(due_at) FROM requests_app_clock WHERE done_at IS NULL),
       (SELECT min(expires_at) FROM dispatch_offer WHERE state = 'open'),
       (SELECT min(next_at) FROM dispatch_search WHERE next_at IS NOT NULL),
       (SELECT min(next_at) FROM payments_charge WHERE next_at IS NOT NULL),
       (SELECT coalesce(max(id), 0) FROM dispatch_offer),
       (SELECT coalesce(max(id), 0) FROM requests_app_bookingevent)
"""
SWEEPS: tuple[Callable[[], object], ...] = (
    booking_sweeps.sweep_bookings,
    booking_sweeps.sweep_clocks,
    dispatch_sweeps.expire_windows,
    dispatch_sweeps.continue_searches,
    payment_sweeps.sweep,
)


@dataclass(frozen=True)
class Outlook:
    """Each sweep that will have something to do, with the instant from which; the newest offer and
    event.
    """

    due: list[tuple[Callable[[], object], datetime]]
    offer: int
    event: int


def outlook() -> Outlook:
    """What the rows say now. One query."""
    with connection.cursor() as cursor:
        cursor.execute(OUTLOOK)
        *instants, offer, event = cursor.fetchone()
    return Outlook(
        [(sweep, at) for sweep, at in zip(SWEEPS, instants, strict=True) if at is not None],
        offer,
        event,
    )


def promised() -> list[tuple[Callable[[], object], datetime]]:
    """Each sweep that will have something to do, with the instant from which."""
    return outlook().due


@dataclass
class Simulation:
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

    def start(self, booking_id: int, technician_id: int) -> None:
        """Most customers say their code at the door."""
        alone = self.bad_faith.cheats.get(technician_id) == Cheat.ALONE
        if self.dice.random() < SAY_CODE and not alone:
            code = Assignment.objects.get(booking=booking_id, ended_at=None).code
            meeting.type_code(booking_id, technician_id, code=code)
        visit.start(booking_id, technician_id, by=self.technicians[technician_id].user)

    def propose(self, booking_id: int) -> None:
        """More work is found: the price rises, and the customer answers by their link or not at
        all.
        """
        booking = Booking.objects.get(pk=booking_id)
        technician, dice = self.technicians[booking.technician_id], self.dice
        wanted = quoting.Wanted(more_minutes=dice.choice((0, 15, 30)))
        if technician.partner.is_friend:
            # the last is refused
            price = round(booking.service_cents * dice.choice((0.8, 1.1, 1.25, 1.5, 1.6)))
            wanted = replace(wanted, service_cents=price)
        else:
            fitting = packages_for(booking.service, booking.country, self.now)
            wanted = replace(wanted, packages={dice.choice(fitting).pk: 1} if fitting else {})
        agreed = booking.quotes.agreed().latest("version")
        quote = quoting.propose(
            booking_id,
            technician.pk,
            by=technician.user,
            key=f"sim-{booking_id}-{agreed.version}-{booking.epoch}",
            agreed_version=agreed.version,
            wanted=wanted,
            reason="The old part is broken.",
        )
        chance = dice.random()
        if chance < 0.85:
            verb = quoting.accept if chance < 0.6 else quoting.decline
            self.after(
                span(0.2, 5, dice), partial(verb, booking_id, version=quote.version, by=None)
            )

    def finish(self, booking_id: int) -> None:
        booking = Booking.objects.get(pk=booking_id)
        technician = self.technicians[booking.technician_id]
        price = None
        if technician.partner.is_friend and self.dice.random() < 0.2:
            price = round(
                booking.quotes.agreed().latest("version").service_cents
                * self.dice.choice((0.8, 0.9))
            )
        visit.finish(
            booking.pk,
            technician.pk,
            by=technician.user,
            report={"done": "…", "explained": True, "tidied": True},
            service_cents=price,
        )

    def read_and_forget(self, booking: Booking) -> None:
        """The customer looks at the report, and never signs.

        Without the code ops find out what it is worth.
        """
        signing.see_report(booking.pk, version=booking.quotes.agreed().latest("version").version)
        self.after(timedelta(hours=80), partial(self.call_about, booking.pk))

    def call_about(self, booking_id: int) -> None:
        signing.refuse(
            booking_id, by=None, reason="No signature; asked by telephone.", role=Role.OPS
        )

    def read_what_is_held(self, booking_id: int) -> None:
        """Some agree, some say nothing for a day, some object; some never read it, and ops take it
        up.
        """
        for charge in Charge.objects.filter(booking=booking_id, state=ChargeState.HELD):
            chance = self.dice.random()
            if self.bad_faith.of(charge.booking) == Cheat.ALONE:
                chance = 0.71 if chance < 0.5 else 0.9  # nobody agrees to what they never signed
            if chance > 0.85:
                take_up = partial(
                    charges.object_to, by=None, reason="Nobody reads it.", role=Role.OPS
                )
                self.after(timedelta(hours=80), partial(take_up, charge.pk))
                continue
            charges.read(charge.pk)
            if not charges.goes_on_by_itself(charge.booking, charge):  # ops are told the day after
                take_up = partial(
                    charges.object_to, by=None, reason="No place at the door.", role=Role.OPS
                )
                self.after(timedelta(hours=30), partial(take_up, charge.pk))
            if chance < 0.5:
                self.after(span(1, 30, self.dice), partial(charges.agree, charge.pk))
            elif chance > 0.7:
                objection = partial(charges.object_to, by=None, reason="Nobody was here.")
                self.after(span(1, 600, self.dice), partial(objection, charge.pk))

    def decide(self, booking_id: int, former: str) -> None:
        """Ops hear both sides."""
        by = self.ops
        if self.dice.random() < 0.5:
            signing.decide_none(booking_id, by=by, reason="Not shown.")
        elif former == State.FAILED:
            signing.decide_fee(booking_id, by=by, reason="The wait is shown.")
        else:
            price = Booking.objects.get(pk=booking_id).service_cents
            signing.decide(booking_id, service_cents=price, by=by, reason="The work is shown.")

    def sign(self, booking_id: int) -> None:
        booking = Booking.objects.get(pk=booking_id)
        last = booking.quotes.agreed().latest("version")
        at_home = self.dice.random() < 0.1
        signing.sign_off(
            booking_id,
            key=f"sim-{booking_id}",
            kind=SignOffKind.OWN_DEVICE if at_home else SignOffKind.SCREEN,
            quote_version=last.version,
            signer=booking.customer.name,
            signature=booking.customer.name,
            device="simulation",
            by=None,
        )
        if self.dice.random() < 0.6 and signing.may_rate_on_screen(
            Booking.objects.get(pk=booking_id)
        ):
            good = self.dice.choices((5, 4, 3, 2), weights=(6, 3, 1, 0.3), k=3)
            signing.rate(
                booking_id, quality=good[0], punctuality=good[1], friendliness=good[2], comment=""
            )

    def change_of_mind(self, booking_id: int) -> None:
        booking = Booking.objects.get(pk=booking_id)
        cost = changes.cancel_cost(booking, self.now)
        changes.cancel(
            booking_id, role=Role.CUSTOMER, by=booking.customer, accepted_cost_cents=cost
        )

    def nobody_came(self, booking_id: int) -> None:
        booking = Booking.objects.get(pk=booking_id)
        changes.cancel(booking_id, role=Role.CUSTOMER, by=booking.customer)

    def pay(self, booking_id: int) -> None:
        """What could not be charged: they follow the link and confirm with their bank, or pay with
        another card.
        """
        for charge in Charge.objects.filter(booking=booking_id, state__in=charges.WAITING):
            secret = gateway.retrieve_payment_intent(charge.intent_id).client_secret
            method = (
                charge.payment_method
                if charge.state == ChargeState.ACTION_REQUIRED
                else "pm_card_visa"
            )
            user_actions.confirm_on_session(secret, method)
            charges.apply_intent(charge.intent_id)
