"""Partners of bad faith: they try what the rules forbid, and the run's figures say what it brought
them.
"""

import random
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from functools import partial

from mila.errors import Refusal
from payments.models import Charge, ChargeState
from requests_app.actions import signing, visit
from requests_app.models import Booking, SignOffKind, State

SHARE = 0.1  # of the technicians


class Cheat(StrEnum):
    EARLY = "leaves early"  # says all of the visit at once, as soon as it is confirmed
    # never asks for the code, raises the price, signs with the customer's name
    ALONE = "signs alone"
    DROPS = "claims and drops"  # takes the address and gives the job back


class BadFaith:
    """Who cheats how, what was tried, and how much of it was refused.

    Dice of its own: the others play as before.
    """

    def __init__(self, seed: int):
        self.dice = random.Random(seed + 1_000)
        self.cheats: dict[int, Cheat] = {}
        self.tried: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def choose(self, technician_id: int) -> None:
        if self.dice.random() < SHARE:
            self.cheats[technician_id] = self.dice.choice(list(Cheat))

    def of(self, booking: Booking) -> Cheat | None:
        return self.cheats.get(booking.technician_id or 0)

    def attempt(self, cheat: Cheat, act: Callable[[], object]) -> bool:
        """Whether it went through."""
        self.tried[cheat] += 1
        try:
            act()
        except Refusal:
            self.refused[cheat] += 1
            return False
        return True

    def all_at_once(self, booking: Booking) -> None:
        """The attack of 1.3 seconds: to the signature, long before the visit."""
        technician = booking.technician
        assert technician is not None
        ids, by = (booking.pk, technician.pk), technician.user
        for step in (visit.depart, visit.arrive, visit.start):
            if not self.attempt(Cheat.EARLY, partial(step, *ids, by=by)):
                return
        self.attempt(Cheat.EARLY, partial(visit.finish, *ids, by=by, report={"done": "…"}))
        self.attempt(Cheat.EARLY, partial(self.sign, booking.pk))

    def sign(self, booking_id: int) -> None:
        """With the customer's name, on the technician's own phone."""
        booking = Booking.objects.get(pk=booking_id)
        signing.sign_off(
            booking_id,
            key=f"alone-{booking_id}",
            kind=SignOffKind.SCREEN,
            quote_version=booking.quotes.agreed().latest("version").version,
            signer="…",
            signature="…",
            device="simulation",
            by=None,
        )

    def drop(self, booking: Booking) -> None:
        technician = booking.technician
        assert technician is not None
        self.attempt(
            Cheat.DROPS,
            partial(visit.release, booking.pk, technician.pk, by=technician.user, reason="No time"),
        )

    def figures(self) -> dict[str, int]:
        """Tries and refusals of each kind, and the charges that went through without the payer."""
        alone = [pk for pk, cheat in self.cheats.items() if cheat in (Cheat.ALONE, Cheat.EARLY)]
        paid = Charge.objects.filter(
            booking__technician__in=alone, state=ChargeState.SUCCEEDED, kind="job"
        )
        unasked = [
            one
            for one in paid.select_related("booking")
            if one.booking.state == State.SETTLED
            and one.booking.sign_off.kind == SignOffKind.SCREEN
            and one.opened_at is None
            and signing.evidence_only(one.booking)
        ]
        words = {cheat: cheat.replace(" ", "_") for cheat in Cheat}
        return {
            **{f"{words[cheat]}_tried": self.tried[cheat] for cheat in Cheat},
            **{f"{words[cheat]}_refused": self.refused[cheat] for cheat in Cheat},
            "cents_charged_unasked": sum(one.amount_cents for one in unasked),
        }
