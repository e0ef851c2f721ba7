"""What has happened since the last look, and what people plan upon it."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db.models import Max

from devstack.live.participants import Participants
from devstack.live.plans import Diary
from dispatch import matching
from dispatch.models import Offer, OfferState, Search
from payments import charges
from payments.models import Charge
from requests_app import secret_link
from requests_app.models import OFFERED, Booking, State
from simulation import actors, page_flows
from simulation.habits import span

SAY_CODE = 0.9  # of the customers have their code at hand
LOOKS = 8  # at one open booking, by all technicians together
# Nothing of the site's own moves these on when the person who should has failed to.
NEEDS_SOMEBODY = {
    State.UNCONFIRMED,
    State.CONFIRMED,
    State.EN_ROUTE,
    State.ARRIVED,
    State.IN_PROGRESS,
    State.FINISHED,
}


class Reactions:
    """Reads offers and bookings as the people would learn of them, and fills their diary."""

    def __init__(self, participants: Participants, diary: Diary, dice: random.Random) -> None:
        self.participants, self.diary, self.dice = participants, diary, dice
        self.seen: dict[int, int] = {}  # booking -> its last event
        self.offers: set[int] = set()
        self.changed = time.monotonic()

    def follow(self) -> None:
        for offer in Offer.objects.filter(state=OfferState.OPEN).exclude(pk__in=self.offers):
            self.offers.add(offer.pk)
            self.consider(offer)
        rows = (
            Booking.objects.filter(pk__in=self.participants.customers)
            .select_related("service")
            .annotate(last=Max("events__sequence"))
        )
        for booking in rows:
            if booking.last != self.seen.get(booking.pk):
                self.seen[booking.pk] = booking.last
                self.changed = time.monotonic()
                self.react(booking)
            elif not self.diary.busy[booking.pk] and booking.state in NEEDS_SOMEBODY:
                self.react(booking, again=True)
            elif not self.diary.busy[booking.pk] and self.owes(booking):
                self.plan_payment(booking, span(5, 30, self.dice))

    def consider(self, offer: Offer) -> None:
        """They have been told: do they look, and what do they answer?"""
        partner, habits = (
            self.participants.partners[offer.technician_id],
            self.participants.habits[offer.technician_id],
        )
        more = {"booking": offer.booking_id, "window": True}
        seen_after = span(0.1, 0.5, self.dice)
        if offer.own_tap:
            self.diary.plan(seen_after, "take", partner, partial(actors.take, partner), **more)
        elif self.dice.random() < habits.sees:
            self.diary.plan(seen_after, "look", partner, partial(actors.look, partner), **more)
            answers = seen_after + span(0.1, 1.2, self.dice)
            if self.dice.random() < habits.accepts:
                self.diary.plan(answers, "take", partner, partial(actors.take, partner), **more)
            elif self.dice.random() < 0.7:
                self.diary.plan(
                    answers, "decline", partner, partial(actors.turn_down, partner), **more
                )

    def react(self, booking: Booking, *, again: bool = False) -> None:
        """What follows from the state a booking has come to; `again` when it should have followed
        and did not.
        """
        if booking.state in OFFERED and not again:
            self.plan_look(booking.pk, LOOKS)
        if booking.technician_id in self.participants.partners and booking.start_at is not None:
            self.go_on(booking, again)
        elif self.owes(booking):
            self.plan_payment(booking, span(30, 300, self.dice))

    def go_on(self, booking: Booking, again: bool) -> None:
        partner, habits = (
            self.participants.partners[booking.technician_id],
            self.participants.habits[booking.technician_id],
        )
        customer, job = self.participants.customers[booking.pk], str(booking.uuid)
        chance, start = 0.0 if again else self.dice.random(), booking.start_at - self.diary.now
        due = (booking.due_at or booking.start_at) - self.diary.now
        least = timedelta(minutes=5 if again else 0)

        def plan(wait: timedelta, name: str, act: Callable[..., object], *args, **kwargs) -> None:
            bound = partial(act, partner.browser, job, *args, **kwargs)
            self.diary.plan(max(wait, least), name, partner, bound, booking=booking.pk)

        match booking.state:
            case State.CLAIMED if chance < habits.calls:
                plan(due * self.dice.uniform(0.05, 0.8), "call", page_flows.record_call)
                if self.dice.random() < 0.03:
                    self.plan_cancel(booking, span(60, 600, self.dice))
            case State.CALLED if chance < habits.confirms:
                plan(due * self.dice.uniform(0.05, 0.9), "confirm", page_flows.press, "confirm")
            case State.UNCONFIRMED if chance < 0.5 and not again:
                plan(span(5, 200, self.dice), "confirm late", page_flows.press, "confirm")
            case State.UNCONFIRMED:  # ops have called them
                plan(
                    start - span(50, 60, self.dice),
                    "confirm after all",
                    page_flows.press,
                    "confirm",
                )
            case State.CONFIRMED if chance < 0.98:
                plan(start - span(20, 40, self.dice), "depart", page_flows.press, "depart")
            case State.CONFIRMED:
                self.plan_cancel(booking, start + timedelta(minutes=31))
            case State.EN_ROUTE:
                plan(span(15, 40, self.dice), "arrive", page_flows.press, "arrive")
            case State.ARRIVED if chance < 0.97:
                code = (
                    booking.assignments.get(ended_at=None).code
                    if self.dice.random() < SAY_CODE
                    else ""
                )
                plan(span(1, 5, self.dice), "start", page_flows.begin, code)
            case State.ARRIVED:
                absent = {"why": "nobody_home", "fault": "customer"}
                plan(span(11, 15, self.dice), "nobody home", page_flows.cannot_do, **absent)
            case State.IN_PROGRESS:
                work = timedelta(minutes=booking.duration_minutes) * self.dice.uniform(0.7, 1.2)
                plan(work, "finish", page_flows.finish, done="Canal changé.\nTout essayé ensemble.")
            case State.FINISHED if chance < 0.85:
                stars = self.dice.choice((None, 3, 4, 5, 5))
                act = partial(actors.hand_over, partner, job, customer.name, stars)
                self.diary.plan(span(5, 10, self.dice), "sign", partner, act, booking=booking.pk)
            case State.FINISHED:
                act = partial(actors.sign_at_home, customer)
                self.diary.plan(
                    span(20, 90, self.dice), "sign at home", customer, act, booking=booking.pk
                )

    def plan_look(self, booking: int, looks: int) -> None:
        self.diary.plan(
            span(15, 90, self.dice), "think", None, partial(self.look_at_pool, booking, looks)
        )

    def look_at_pool(self, booking_id: int, looks: int) -> None:
        """Technicians look through the open bookings now and then; some of them tap."""
        run = (
            Search.objects.filter(booking=booking_id, ended_at=None)
            .select_related("booking")
            .first()
        )
        if run is None or not looks:
            return
        if run.pool_at is not None:
            for candidate in matching.candidates(run.booking, self.diary.now, limit=4):
                partner, habits = (
                    self.participants.partners[candidate.technician_id],
                    self.participants.habits[candidate.technician_id],
                )
                if self.dice.random() < habits.accepts * habits.sees:
                    act = partial(actors.tap_one, partner, random.Random(self.dice.random()))
                    self.diary.plan(span(1, 30, self.dice), "tap", partner, act)
        self.plan_look(booking_id, looks - 1)

    def plan_cancel(self, booking: Booking, wait: timedelta) -> None:
        customer = self.participants.customers[booking.pk]
        # of a message to the customer
        link = secret_link.mailed_url(booking).removeprefix(settings.SITE_URL)
        act = partial(actors.cancel, customer, link)
        self.diary.plan(wait, "cancel", customer, act, booking=booking.pk)

    def plan_payment(self, booking: Booking, wait: timedelta) -> None:
        customer = self.participants.customers[booking.pk]
        act = partial(page_flows.pay, customer.browser, customer.page)
        self.diary.plan(wait, "pay", customer, act, booking=booking.pk)

    def owes(self, booking: Booking) -> bool:
        """The card refused, and they have been written to."""
        if booking.state not in (State.SIGNED_OFF, State.CANCELLED, State.FAILED):
            return False
        return Charge.objects.filter(booking=booking, state__in=charges.WAITING).exists()
