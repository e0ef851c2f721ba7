"""What people do at a visit, about its price and about its end, played through the real verbs."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from accounts.models import Technician, User
from catalogue.queries import packages_for
from payments import charges, gateway
from payments.models import Charge, ChargeState
from payments.standin import user_actions
from requests_app.actions import answering, changes, meeting, quoting, reviewing, signing, visit
from requests_app.lifecycle import Role
from requests_app.models import Assignment, Booking, SignOffKind, State
from simulation.bad_faith import BadFaith, Cheat
from simulation.habits import span

SAY_CODE = 0.9  # of the customers have their code at hand


class Visits:
    """The part of a simulation that is about one visit; the whole one has the clock."""

    dice: random.Random
    now: datetime
    technicians: dict[int, Technician]
    bad_faith: BadFaith
    ops: User

    def after(self, wait: timedelta, act: Callable[[], object]) -> None:
        raise NotImplementedError

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
            verb = answering.accept if chance < 0.6 else answering.decline
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
        if self.dice.random() < 0.6 and reviewing.may_rate_on_screen(
            Booking.objects.get(pk=booking_id)
        ):
            good = self.dice.choices((5, 4, 3, 2), weights=(6, 3, 1, 0.3), k=3)
            reviewing.rate(
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
