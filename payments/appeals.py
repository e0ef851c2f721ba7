"""The money of a customer's appeal: nothing of it is paid out while it waits, and what is
overturned goes back by the act that says so (rule L17, M6).
"""

from accounts.models import User
from mila.transactions import verb
from payments import freezing, refunds
from requests_app.actions import contesting
from requests_app.lifecycle import lock_booking
from requests_app.models import DecisionAppeal, Verdict


@verb
def appeal(booking_id: int, *, words: str, by: User | None) -> DecisionAppeal:
    """The customer's; the partner's share waits. Raises as contesting.appeal."""
    lock_booking(booking_id)
    found = contesting.appeal(booking_id, words=words, by=by)
    if not found.verdict:
        freezing.hold(booking_id)
    return found


@verb
def uphold(appeal_id: int, *, reason: str, by: User) -> DecisionAppeal:
    """It stays, and the share is paid on the next day that is due."""
    found = contesting.decide_appeal(appeal_id, verdict=Verdict.UPHELD, reason=reason, by=by)
    freezing.release(found.booking_id)
    return found


@verb
def overturn(
    appeal_id: int,
    *,
    reason: str,
    by: User,
    service_cents: int,
    booking_fee_cents: int,
    by_mila: bool,
) -> DecisionAppeal:
    """So much goes back to the card, in the same transaction; a repeat gives nothing twice.

    Raises as contesting.decide_appeal and refunds.refund: what was not paid yet cannot go back.
    """
    found = contesting.decide_appeal(appeal_id, verdict=Verdict.OVERTURNED, reason=reason, by=by)
    sent = found.booking.charges.filter(refunds__uuid=found.uuid).first()
    charge = sent or refunds.refundable_charge(found.booking)
    if charge is None:
        raise refunds.NothingPaid
    refunds.refund(
        charge.pk,
        key=found.uuid,
        service_cents=service_cents,
        booking_fee_cents=booking_fee_cents,
        by=by,
        reason=reason,
        by_mila=by_mila,
    )
    return found
