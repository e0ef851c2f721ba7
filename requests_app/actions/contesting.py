"""A customer's appeal against a decision of ours that they pay for (rule L17).

What money goes back is payments.appeals', by the same act.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import MilaNow, mila_now
from mila.errors import Refusal
from mila.sweeping import handle_each
from mila.transactions import verb
from policy.queries import policy_at
from requests_app import deadlines, notices
from requests_app.actions import photographing, signing
from requests_app.actions.appealing import AppealDecided, AppealTooLate
from requests_app.lifecycle import lock_booking
from requests_app.models import (
    Booking,
    BookingEvent,
    BookingPhoto,
    DecisionAppeal,
    SignOff,
    State,
    Verdict,
)

DECISIONS = ("decide", "decide_fee")
OUTCOMES = (*DECISIONS, "decide_none")
DECIDED = frozenset({State.SIGNED_OFF, State.SETTLED, State.FAILED})


class NoDecision(Refusal):
    sentence = _("Nothing was decided here that you would pay for.")


class NotLess(Refusal):
    sentence = _("Please give less than what was decided first.")


class SameJudge(Refusal):
    sentence = _("Who has decided it does not decide about the appeal. Please ask a colleague.")


def decision_of(booking: Booking) -> BookingEvent | None:
    """Ours, that the customer pays for: the last one, while it is how the booking ended.

    None once it was decided anew after an appeal: that was the second person's.
    """
    if booking.state not in DECIDED or booking.events.filter(move="reopen").exists():
        return None
    decided = booking.events.filter(move__in=OUTCOMES)
    last = decided.order_by("-sequence").first()
    if last is None or last.move not in DECISIONS or not _owed_cents(booking):
        return None
    return last


def _owed_cents(booking: Booking) -> int:
    if booking.state == State.FAILED:
        return booking.fee_cents
    signed = SignOff.objects.filter(booking=booking).last()
    return signed.charge_cents if signed else 0


def price_cents(booking: Booking) -> int:
    """Of what was decided what is no booking fee: what an appeal may lower."""
    if booking.state == State.FAILED:
        return booking.fee_cents
    signed = SignOff.objects.filter(booking=booking).last()
    return signed.service_cents if signed else 0


def until_at(booking: Booking, decision: BookingEvent) -> datetime:
    """Before which instant one appeals against it."""
    return decision.at + policy_at(decision.at, booking.country).appeal_window


def may_appeal(booking: Booking, at: datetime) -> bool:
    decision = decision_of(booking)
    return (
        decision is not None
        and at < until_at(booking, decision)
        and not DecisionAppeal.objects.filter(decision=decision).exists()
    )


def waiting(booking: Booking) -> DecisionAppeal | None:
    """The appeal people have not decided yet."""
    return DecisionAppeal.objects.filter(booking=booking, verdict="").first()


@verb
def appeal(
    booking_id: int, *, words: str, photo: BookingPhoto | None = None, by: User | None
) -> DecisionAppeal:
    """Once for a decision, until its time is over; a repeat returns the first, with its own photo.

    Raises NoDecision, AppealTooLate.
    """
    booking = lock_booking(booking_id)
    decision = decision_of(booking)
    if decision is None:
        raise NoDecision
    if (there := DecisionAppeal.objects.filter(decision=decision).first()) is not None:
        return there
    at = mila_now()
    if at >= until_at(booking, decision):
        raise AppealTooLate
    days = policy_at(at, booking.country).appeal_working_days
    where = (booking.timezone, booking.country)
    found = DecisionAppeal.objects.create(
        booking=booking,
        decision=decision,
        by=by,
        words=words.strip(),
        photo=photographing.keep(photo, booking),
        at=at,
        due_at=deadlines.working_days_later(at, days, *where),
        warn_at=deadlines.working_days_later(at, days - 1, *where),
    )
    notices.queue(booking, "decision_appeal_ops", round=found.pk, due_at=found.due_at)
    notices.queue(booking, "decision_appealed", round=found.pk, due_at=found.due_at)
    return found


def must_judge(found: DecisionAppeal, verdict: str, by: User) -> None:
    """Raises SameJudge, and AppealDecided for another verdict than the one it has."""
    if found.verdict and found.verdict != verdict:
        raise AppealDecided
    if not found.verdict and found.decision.by_id == by.pk:
        raise SameJudge


def must_be_less(booking: Booking, service_cents: int, verdict: str = "") -> None:
    """Raises NotLess: before anything is stopped for it."""
    if not verdict and not 0 <= service_cents < price_cents(booking):
        raise NotLess


@verb
def decide_anew(booking_id: int, *, service_cents: int, by: User, reason: str) -> Booking:
    """What nobody has paid yet is decided a second time: less, or nothing at all, the booking fee
    included (rule L17).

    Never above what was decided, nor above what was accepted. Raises NotLess.
    """
    booking = lock_booking(booking_id)
    failed = booking.state == State.FAILED
    must_be_less(booking, service_cents)
    signing.reopen(booking_id, by=by, reason=reason)
    if service_cents == 0:
        return signing.decide_none(booking_id, by=by, reason=reason)
    if failed:
        return signing.decide_fee(booking_id, by=by, reason=reason, at_most_cents=service_cents)
    return signing.decide(booking_id, service_cents=service_cents, by=by, reason=reason)


@verb
def decide_appeal(
    appeal_id: int, *, verdict: str, reason: str, by: User, paid: bool = True
) -> DecisionAppeal:
    """A second person has looked at it. A repeat of the same verdict returns it.

    `paid`: whether money goes back; else less is owed, or nothing. Raises SameJudge, and
    AppealDecided for another verdict: it changes nothing.
    """
    lock_booking(DecisionAppeal.objects.get(pk=appeal_id).booking_id)
    found = DecisionAppeal.objects.select_for_update(of=("self",)).get(pk=appeal_id)
    must_judge(found, verdict, by)
    if found.verdict:
        return found
    found.verdict, found.reason = Verdict(verdict), reason.strip()
    found.decided_at, found.decided_by, found.warn_at = mila_now(), by, None
    found.save(update_fields=["verdict", "reason", "decided_at", "decided_by", "warn_at"])
    overturned = verdict == Verdict.OVERTURNED
    notices.queue(
        found.booking, "decision_appeal_decided", round=found.pk, overturned=overturned, paid=paid
    )
    return found


def sweep_appeals() -> int:
    """Staff hear of those that are to be decided within a working day. Answers how many."""
    waiting = DecisionAppeal.objects.filter(warn_at__lte=MilaNow()).order_by("warn_at")
    return sum(handle_each(warn, list(waiting.values_list("pk", flat=True)[:100])))


@verb
def warn(appeal_id: int) -> bool:
    """One of them, once; False when somebody else has it or it was decided."""
    locked = DecisionAppeal.objects.select_for_update(skip_locked=True, of=("self",))
    found = locked.filter(pk=appeal_id, warn_at__lte=MilaNow()).first()
    if found is None:
        return False
    found.warn_at = None
    found.save(update_fields=["warn_at"])
    notices.queue(found.booking, "decision_appeal_due_ops", round=found.pk, due_at=found.due_at)
    return True
