"""The facts a notice may carry, each read from its booking; what is not here, no notice can say
(rule D8; fault A2).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from accounts.models import Notification, Technician
from catalogue.money import split
from mila.clock import mila_now
from places.calendar import instant, wall_time
from places.place import Country
from policy import conditions
from requests_app import deadlines, withdrawal
from requests_app.lost_time import search_ends_at
from requests_app.models import (
    Assignment,
    Booking,
    CallAttempt,
    Quote,
    SignOff,
    State,
    was_at_the_door,
)


def _starts(b: Booking, _: Technician | None) -> list[datetime]:
    """The start that was claimed, else the wishes in their order."""
    return [b.start_at] if b.start_at else [wish.start_at for wish in b.wishes.all()]


def _clocks(b: Booking) -> deadlines.TwoClocks:
    return deadlines.two_clocks(b.clocks_from_at, b.start_at, b.timezone, b.policy)


def _call_due(b: Booking, _: Technician | None) -> datetime | None:
    return (b.due_at or _clocks(b).call_due) if b.state == State.CLAIMED else None


def _confirm_due(b: Booking, _: Technician | None) -> datetime | None:
    if b.state == State.CALLED and b.due_at is not None:
        return b.due_at
    return _clocks(b).confirm_due if b.start_at else None


def _by_day(b: Booking, due: datetime | None) -> datetime | None:
    """Until when a reminder may still go out: not after its promise, and not into the quiet hours
    (rule L6).
    """
    at = mila_now()
    tonight = instant(
        datetime.combine(wall_time(at, b.timezone).date(), b.policy.night_from), b.timezone
    )
    return min(due, tonight) if due and tonight > at else due


def _search_limit(b: Booking, _: Technician | None) -> datetime | None:
    if b.state == State.SEARCHING:
        return search_ends_at(b)
    return deadlines.search_limit(b.last_start_at, b.policy) if b.last_start_at else None


def _free_until(b: Booking, _: Technician | None) -> datetime | None:
    """Until when cancelling costs nothing; None when that had passed already
    as the clocks began.
    """
    placed_at = b.placed_at or b.created_at
    until = deadlines.free_until(b.cancel_start_at or b.start_at, placed_at, b.policy)
    if b.country == Country.FR and b.policy.withdrawal_cost_cents == 0:
        until = max(until, withdrawal.ends_at(b) or until)
    return until if until > b.clocks_from_at else None


def _lost_start(b: Booking, technician: Technician | None) -> datetime | None:
    """The start they had claimed: the booking itself no longer knows it."""
    mine = Assignment.objects.filter(booking=b, technician=technician).order_by("-pk")
    return mine.values_list("start_at", flat=True).first()


def _reached(b: Booking, _: Technician | None) -> bool:
    """Whether the call that kept the promise was one, or the last of enough tries (rule L1)."""
    calls = CallAttempt.objects.filter(assignment__booking=b, assignment__ended_at=None).order_by(
        "-at"
    )
    return bool(calls.values_list("reached", flat=True).first())


def _visit_code(b: Booking, _: Technician | None) -> str:
    """The running assignment's; the message keeps it sealed."""
    running = Assignment.objects.filter(booking=b, ended_at=None).first()
    return running.code if running else ""


def _calendar(b: Booking, technician: Technician | None) -> dict[str, Any] | None:
    """The visit as it is now, or that it is off; nothing before a confirmation has given an entry
    out.

    The booking's epoch grows with each move: of two files with the same number a calendar takes the
    newer one.
    """
    given = (
        b.state == State.CONFIRMED
        or Notification.objects.filter(subject_id=b.uuid, kind="confirmed").exists()
    )
    if not given:
        return None
    start_at = b.start_at or _former_start(b)
    return {
        "sequence": b.epoch,
        "from": start_at,
        "minutes": b.duration_minutes,
        "stands": b.start_at is not None,
        "where": f"{b.postcode} {b.city}",
        "who": technician.name if technician and b.start_at else "",
    }


def _former_start(b: Booking) -> datetime | None:
    """The start of the assignment that has just ended."""
    return (
        Assignment.objects.filter(booking=b)
        .order_by("-pk")
        .values_list("start_at", flat=True)
        .first()
    )


def _papers(b: Booking, _: Technician | None) -> list[str]:
    if b.terms is None or b.placed_at is None:
        return []
    how = conditions.keep(conditions.text("withdrawal", b.terms.language, b.placed_at))
    return [b.terms.sha256, how.sha256]


def _withdrawn_at(b: Booking, _: Technician | None) -> datetime:
    """When the customer declared it; staff may have entered it later."""
    last = b.events.latest("sequence")
    return datetime.fromisoformat(last.data.get("declared_at") or last.at.isoformat())


def _sign_off(b: Booking) -> SignOff | None:
    try:
        return b.sign_off
    except ObjectDoesNotExist:
        return None


def _signed(field: str) -> Callable[[Booking, Technician | None], Any]:
    return lambda b, _: getattr(_sign_off(b), field, None)


def _last_quote(b: Booking) -> Quote | None:
    return b.quotes.agreed().order_by("-version").first()


def _proposal(b: Booking) -> Quote:
    return b.quotes.open().get()


def _final(b: Booking, _: Technician | None) -> int:
    quote = _last_quote(b)
    return (quote.service_cents if quote else b.service_cents) + b.booking_fee_cents


def _owed(b: Booking, _: Technician | None) -> int:
    """Of a booking that ended without one the fee, whatever was signed before it was decided."""
    if b.state in (State.FAILED, State.CANCELLED):
        return b.fee_cents
    sign_off = _sign_off(b)
    return sign_off.charge_cents if sign_off else b.fee_cents


def _who(_: Booking, technician: Technician | None) -> str:
    """Their name, and their company's where it is another."""
    if technician is None:
        return ""
    company = technician.partner.name
    return technician.name if company == technician.name else f"{technician.name} ({company})"


def _lines(b: Booking, _: Technician | None) -> list[dict[str, Any]]:
    """The lines of what was signed; one line where the price has none."""
    sign_off = b.sign_off
    lines = [
        {"label": line.label, "quantity": line.quantity, "cents": line.cents}
        for line in sign_off.quote.lines.all()
    ]
    return lines or [{"label": str(b.service), "quantity": 1, "cents": sign_off.service_cents}]


def _share(b: Booking, technician: Technician | None, amount_cents: int) -> int:
    """What stays with the technician's partner, at the rate of its kind (rule M2)."""
    assert technician is not None
    return split(amount_cents, b.policy.commission_bp[technician.partner.kind], 0).partner_cents


FACTS: dict[str, Callable[[Booking, Technician | None], Any]] = {
    # Where and what, as anybody may know it before a claim (rule D8)
    "place": lambda b, _: f"{b.postcode} {b.city}",
    "postcode": lambda b, _: b.postcode,
    "duration_minutes": lambda b, _: b.duration_minutes,
    "prepare": lambda b, _: b.service.prepare_list,
    # Who
    "technician": lambda b, t: t.name if t else "",
    "partner": lambda b, t: t.partner.name if t else "",
    "who": _who,
    "profile_url": lambda _, t: f"{settings.SITE_URL}/technicians/{t.public_id}/" if t else "",
    "friend": lambda b, t: t.partner.is_friend if t else False,
    "reached": _reached,
    "visit_code": _visit_code,
    "at_the_door": lambda b, _: was_at_the_door(b),
    "work_proved": lambda b, _: withdrawal.is_proved(b),
    # what was decided anew after an appeal stays
    "may_appeal": lambda b, _: not b.events.filter(move="reopen").exists(),
    # When
    "starts_at": _starts,
    "start_at": lambda b, _: b.start_at,
    "last_start_at": lambda b, _: b.last_start_at,
    "lost_start_at": _lost_start,
    "search_limit_at": _search_limit,
    "call_due_at": _call_due,
    "until_call_at": lambda b, t: _by_day(b, _call_due(b, t)),
    "confirm_due_at": _confirm_due,
    "until_confirm_at": lambda b, t: _by_day(b, _confirm_due(b, t)),
    "free_until_at": _free_until,
    "objection_seconds": lambda b, _: int(b.policy.objection_window.total_seconds()),
    "lateness_cancel_at": lambda b, _: deadlines.lateness_cancel_at(b.start_at, b.policy),
    "signature_limit_at": lambda b, _: (
        b.due_at or deadlines.signature_limit_at(b.finished_at, b.policy)
    ),
    "signed_at": _signed("signed_at"),
    "placed_at": lambda b, _: b.placed_at,
    "withdrawn_at": _withdrawn_at,
    "guarantee_until_at": lambda b, _: b.sign_off.signed_at + b.policy.guarantee,
    # The terms that were accepted, and how to withdraw: accounts.mail_words attaches them (law
    # R5, R6)
    "papers": _papers,
    # The entry for their calendar: accounts.mail_words attaches it
    "calendar": _calendar,
    # How much
    "total_cents": lambda b, _: b.total_cents,
    "final_cents": _final,
    "agreed_cents": lambda b, _: _final(b, _) - b.booking_fee_cents,
    "proposed_cents": lambda b, _: _proposal(b).service_cents + b.booking_fee_cents,
    "proposed_minutes": lambda b, _: _proposal(b).duration_minutes,
    "owed_cents": _owed,
    "cancel_cents": lambda b, _: b.policy.cancel_fee_cents[b.currency],
    "fee_cents": lambda b, _: b.fee_cents,
    "fee_share_cents": lambda b, t: _share(b, t, b.fee_cents),
    "earnings_cents": lambda b, t: _share(b, t, b.service_cents),
    "lines": _lines,
    "price_cents": _signed("service_cents"),
    "fee_part_cents": _signed("booking_fee_cents"),
    "commission_cents": _signed("commission_cents"),
    "partner_cents": _signed("partner_cents"),
    "charge_cents": _signed("charge_cents"),
}
