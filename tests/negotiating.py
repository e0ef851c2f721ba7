"""Random lives of a price, by both sides and a partner of bad faith, against a count kept beside
the product.

`play` leaves nothing behind: each life is rolled back. It answers what was charged though nobody
had accepted it.
"""

import json
import random
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import Notification
from mila.clock import mila_now
from mila.errors import Refusal
from requests_app.actions import answering, contesting, quoting, signing, undoing, visit
from requests_app.models import AcceptanceKind, Booking, SignOff, SignOffKind, State
from requests_app.price_versions import ByHand

HAND = ByHand("words", "Odile", "Odile", "test")
REPORT = {"done": "Done", "explained": True, "tidied": True}
STEPS = 14


@dataclass
class Life:
    """One booking at work. `agreed`: what the payer accepted last, less what the technician let off
    since.
    """

    booking: Booking
    technician: object
    staff: object
    dice: random.Random
    agreed: int = 0
    most: int = 0
    authenticated: int = 10_350  # 150 % of 69 euros, then what the bank has said yes to
    wrong: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    @property
    def ids(self) -> tuple[int, int]:
        return self.booking.pk, self.technician.pk

    @property
    def by(self):
        return self.technician.user

    def now(self) -> Booking:
        return Booking.objects.get(pk=self.booking.pk)

    def any_version(self) -> int:
        """Mostly one there is, sometimes another's, as an edited request would say."""
        return self.dice.randint(0, self.booking.quotes.count() + 1)

    def open(self):
        return self.booking.quotes.open().first()

    # --- what people do

    def propose(self) -> None:
        cents = self.dice.choice((0, 4000, 6900, 8000, 9900, 10_350, 10_351, 20_000))
        own = [("More", self.dice.choice((100, 900)))] if self.dice.random() < 0.3 else []
        version = (
            self.booking.quotes.agreed().latest("version").version
            if self.dice.random() < 0.9
            else 1
        )
        minutes = self.dice.choice((0, 0, 15))
        quoting.propose(
            *self.ids, by=self.by, key=f"k{self.dice.randint(0, 9)}", agreed_version=version,
            wanted=quoting.Wanted(service_cents=cents, own=own, more_minutes=minutes), reason="why",
        )  # fmt: skip

    def accept(self) -> None:
        self._answered(lambda version: answering.accept(self.booking.pk, version=version, by=None))

    def accept_with_the_bank(self) -> None:
        """What payments.raising does after the bank's yes, to the version it was asked about."""
        if (quote := self.open()) is not None:
            self._answered(
                lambda version: answering.accept(
                    self.booking.pk, version=version, by=None, kind=AcceptanceKind.BANK
                ),
                version=quote.version,
            )

    def decline(self) -> None:
        answering.decline(self.booking.pk, version=self.any_version(), by=None)

    def accept_by_number(self) -> None:
        """The payer reads the number out."""
        if (quote := self.open()) is None:
            return
        if quoting.needs_bank(self.now(), quote):
            answering.send_number_to_page(self.booking.pk, version=quote.version)
        else:
            answering.send_number(*self.ids, version=quote.version)
        row = Notification.objects.filter(subject_id=self.booking.uuid, kind="price_code").latest(
            "pk"
        )
        number = json.loads(row.sealed)["code"]
        self._answered(lambda _: self._on_screen(quote.version, number), version=quote.version)

    def forge(self) -> None:
        """The technician signs with the customer's name, with the visit code and with guesses."""
        version = self.any_version()
        if self.dice.random() < 0.3 and (quote := self.open()) is not None:
            version = quote.version
            answering.send_number(*self.ids, version=version)
        before, quote = self.agreed, self.booking.quotes.filter(version=version).first()
        number = self.dice.choice(("", self.booking.assignments.get(ended_at=None).code, "12"))
        was_open = quote is not None and quote.is_open
        if self._on_screen(version, number) == answering.Answer.ACCEPTED and was_open:
            if quote.service_cents > before:
                self.wrong.append(f"a stroke raised {before} to {quote.service_cents}")
            self.agreed = quote.service_cents

    def finish(self) -> None:
        cents = self.dice.choice(
            (None, None, self.agreed, self.agreed + 1, 10_350, max(0, self.agreed - 500))
        )
        before, ends = self.agreed, self.now().state == State.IN_PROGRESS
        visit.finish(*self.ids, by=self.by, report=REPORT, service_cents=cents)
        if ends and cents is not None:
            if cents > before:
                self.wrong.append(f"finished at {cents}, {before} were accepted")
            self.agreed = cents

    def undo(self) -> None:
        before = self.now().state
        undoing.take_back(*self.ids, by=self.by, step=self.dice.choice(("finish", "start")))
        # what was let off comes back with it, at most what the payer accepted
        if before == State.FINISHED:
            self.agreed = self.booking.quotes.agreed().latest("version").service_cents
            if self.agreed > self.most:
                self.wrong.append("an end taken back raised the price")

    def sign(self) -> None:
        signing.sign_off(
            self.booking.pk,
            key=f"s{self.dice.randint(0, 3)}",
            kind=self.dice.choice(("screen", "own_device")),
            quote_version=self.any_version(),
            signer="Odile",
            signature="Odile",
            device="",
            by=None,
        )

    def see(self) -> None:
        signing.see_report(self.booking.pk, version=self.any_version())

    def silence(self) -> None:
        Booking.objects.filter(pk=self.booking.pk, state=State.FINISHED).update(due_at=mila_now())
        signing.sign_off_by_silence(self.booking.pk)

    def refuse(self) -> None:
        signing.refuse(self.booking.pk, by=None, reason="no")

    def decide(self) -> None:
        cents = self.dice.choice((0, 3000, self.agreed, self.agreed + 1, 50_000))
        signing.decide(self.booking.pk, service_cents=cents, by=self.staff, reason="why")

    def overturn(self) -> None:
        """The customer appeals against what was decided, and a second person finds them right."""
        found = contesting.appeal(self.booking.pk, words="no", by=None)
        before = SignOff.objects.filter(booking=self.booking).last()
        cents = self.dice.choice((-1, 0, 1000, self.agreed, before.service_cents, 50_000))
        contesting.decide_anew(self.booking.pk, service_cents=cents, by=self.staff, reason="why")
        after = SignOff.objects.filter(booking=self.booking).last()
        if self.now().state == State.SIGNED_OFF and after.service_cents >= before.service_cents:
            self.wrong.append(f"appealed: {before.service_cents} became {after.service_cents}")
        if contesting.appeal(self.booking.pk, words="again", by=None) != found:
            self.wrong.append("what was decided anew was appealed against")

    def release(self) -> None:
        visit.release(*self.ids, by=self.by, reason="ill")

    # --- the count

    def _on_screen(self, version: int, number: str):
        return answering.accept_on_screen(
            *self.ids, version=version, by=self.by, number=number, hand=HAND
        )

    def _answered(self, answer, version: int | None = None) -> None:
        version = self.any_version() if version is None else version
        quote = self.booking.quotes.filter(version=version).first()
        was_open = quote is not None and quote.is_open
        answer(version)
        if was_open:
            quote.refresh_from_db()
            if quote.accepted_at:
                by_the_bank = quote.acceptance_kind == AcceptanceKind.BANK
                if quote.service_cents > self.authenticated and not by_the_bank:
                    self.wrong.append(f"{quote.service_cents} agreed, and no bank was asked")
                if by_the_bank:
                    self.authenticated = max(self.authenticated, quote.service_cents)
                self.agreed = quote.service_cents
                self.most = max(self.most, self.agreed)

    def check(self) -> None:
        """What was frozen, and what would be."""
        price = self.booking.quotes.agreed().latest("version")
        signed = SignOff.objects.filter(booking=self.booking).last()
        if signed is None:
            if price.service_cents != self.agreed:
                self.wrong.append(f"{price.service_cents} count, {self.agreed} were accepted")
            return
        exact = signed.kind != SignOffKind.DECISION
        if signed.service_cents > self.agreed or (exact and signed.service_cents != self.agreed):
            self.wrong.append(
                f"{signed.kind}: {signed.service_cents} signed, {self.agreed} were accepted"
            )


ACTS = (
    *[Life.propose] * 6,
    *[Life.accept] * 3,
    *[Life.decline] * 2,
    *[Life.accept_with_the_bank] * 2,
    Life.accept_by_number,
    *[Life.forge] * 3,
    Life.finish,
    Life.undo,
    *[Life.sign] * 2,
    Life.see,
    Life.silence,
    Life.refuse,
    *[Life.decide] * 2,
    *[Life.overturn] * 2,
    Life.release,
)


def play(booking: Booking, technician, staff, dice: random.Random) -> list[str]:
    """One life from the work on; what went wrong, with what was done."""
    life = Life(
        booking, technician, staff, dice, agreed=booking.service_cents, most=booking.service_cents
    )
    with transaction.atomic():
        for _turn in range(dice.randint(4, STEPS)):
            act = dice.choice(ACTS)
            try:
                act(life)
                life.done.append(act.__name__)
            except Refusal as refusal:
                life.done.append(f"{act.__name__}: {type(refusal).__name__}")
        life.check()
        transaction.set_rollback(True)
    return [f"{what} after {life.done}" for what in life.wrong]
