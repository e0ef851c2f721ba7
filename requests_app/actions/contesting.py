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
from requests_app.actions.appealing import AppealDecided, AppealTooLate
from requests_app.lifecycle import lock_booking
from requests_app.models import Booking, BookingEvent, DecisionAppeal, SignOff, State, Verdict

DECISIONS = ("decide", "decide_fee")
OUTCOMES = (*DECISIONS, "decide_none")
DECIDED = frozenset({State.SIGNED_OFF, State.SETTLED, State.FAILED})


class NoDecision(Refusal):
    sentence = _("Nothing was decided here that you would pay for.")


class SameJudge(Refusal):
    sentence = _("Who has decided it does not decide about the appeal. Please ask a colleague.")


def decision_of(booking: Booking) -> BookingEvent | None:
    """Ours, that the customer pays for: the last one, while it is how the booking ended."""
    if booking.state not in DECIDED:
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


@verb
def appeal(booking_id: int, *, words: str, by: User | None) -> DecisionAppeal:
    """Once for a decision, until its time is over; a repeat returns the first.

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
        at=at,
        due_at=deadlines.working_days_later(at, days, *where),
        warn_at=deadlines.working_days_later(at, days - 1, *where),
    )
    notices.queue(booking, "decision_appeal_ops", round=found.pk, due_at=found.due_at)
    notices.queue(booking, "decision_appealed", round=found.pk, due_at=found.due_at)
    return found


@verb
def decide_appeal(appeal_id: int, *, verdict: str, reason: str, by: User) -> DecisionAppeal:
    """A second person has looked at it. A repeat of the same verdict returns it.

    Raises SameJudge, and AppealDecided for another verdict: it changes nothing.
    """
    lock_booking(DecisionAppeal.objects.get(pk=appeal_id).booking_id)
    found = DecisionAppeal.objects.select_for_update(of=("self",)).get(pk=appeal_id)
    if found.verdict:
        if found.verdict != verdict:
            raise AppealDecided
        return found
    if found.decision.by_id == by.pk:
        raise SameJudge
    found.verdict, found.reason = Verdict(verdict), reason.strip()
    found.decided_at, found.decided_by, found.warn_at = mila_now(), by, None
    found.save(update_fields=["verdict", "reason", "decided_at", "decided_by", "warn_at"])
    overturned = verdict == Verdict.OVERTURNED
    notices.queue(found.booking, "decision_appeal_decided", round=found.pk, overturned=overturned)
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
