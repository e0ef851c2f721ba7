"""The money of a customer's appeal: nothing of it is paid out while it waits, and what is
overturned goes back by the act that says so, or is owed no more (rule L17, M4, M6).
"""

from contextlib import suppress

from accounts.models import User
from mila.errors import Refusal
from mila.transactions import verb
from payments import charges, freezing, refunds
from payments.models import Charge, ChargeState, Refund
from requests_app.actions import contesting
from requests_app.actions.photographing import taken_in
from requests_app.lifecycle import lock_booking
from requests_app.models import Booking, BookingPhoto, DecisionAppeal, Verdict
from requests_app.photos.decoder import Redrawn


def appeal(
    booking_id: int, *, words: str, picture: Redrawn | None = None, by: User | None
) -> DecisionAppeal:
    """The customer's, with a photo where one says more; the partner's share waits.

    No transaction of the caller's. Raises as contesting.appeal, and NoRoomForPhotos.
    """
    with taken_in(picture) as photo:
        return _appeal(booking_id, words, photo, by)


@verb
def _appeal(
    booking_id: int, words: str, photo: BookingPhoto | None, by: User | None
) -> DecisionAppeal:
    lock_booking(booking_id)
    found = contesting.appeal(booking_id, words=words, photo=photo, by=by)
    if not found.verdict:
        freezing.hold(booking_id)
    return found


def uphold(appeal_id: int, *, reason: str, by: User) -> DecisionAppeal:
    """It stays, and the share is paid on the next day that is due; a charge that was stopped to be
    decided anew is planned as it was. No transaction of the caller's.

    Raises as contesting.decide_appeal, and gateway.GatewayError where such a charge may be alive at
    Stripe still.
    """
    found = DecisionAppeal.objects.select_related("decision").get(pk=appeal_id)
    contesting.must_judge(found, Verdict.UPHELD, by)
    for charge in Charge.objects.filter(booking=found.booking_id, state=ChargeState.OBJECTED):
        with suppress(charges.PaidMeanwhile):
            charges.stop(charge.pk)
    return _uphold(appeal_id, reason, by)


@verb
def _uphold(appeal_id: int, reason: str, by: User) -> DecisionAppeal:
    found = contesting.decide_appeal(appeal_id, verdict=Verdict.UPHELD, reason=reason, by=by)
    _plan_again(found.booking_id)
    charges.go_on_reminding(found.booking_id)
    freezing.release(found.booking_id)
    return found


def is_paid(booking: Booking) -> bool:
    """Whether what is overturned goes back; else less of it is owed."""
    return Charge.objects.filter(booking=booking, state=ChargeState.SUCCEEDED).exists()


def overturn_unpaid(appeal_id: int, *, reason: str, by: User, service_cents: int) -> DecisionAppeal:
    """Nothing was paid yet: so much is owed instead, or nothing at all with 0. A repeat changes
    nothing.

    The open charge is stopped first, at Stripe too, so that nobody pays the former figure
    meanwhile. No transaction of the caller's. Raises as contesting.decide_appeal and decide_anew,
    charges.PaidMeanwhile and charges.UnderWay: then the decision and its charge are as they were.
    Raises gateway.GatewayError: then the charge waits, stopped, for the same act or for `uphold`.
    """
    found = DecisionAppeal.objects.select_related("booking", "decision").get(pk=appeal_id)
    contesting.must_judge(found, Verdict.OVERTURNED, by)
    contesting.must_be_less(found.booking, service_cents, found.verdict)
    try:
        for charge in Charge.objects.filter(booking=found.booking):
            charges.stop(charge.pk)
        return _overturn_unpaid(appeal_id, reason, by, service_cents)
    except Refusal:
        _plan_again(found.booking_id)
        raise


@verb
def _overturn_unpaid(appeal_id: int, reason: str, by: User, service_cents: int) -> DecisionAppeal:
    booking = lock_booking(DecisionAppeal.objects.get(pk=appeal_id).booking_id)
    found = DecisionAppeal.objects.get(pk=appeal_id)
    if found.verdict == Verdict.OVERTURNED:
        return found
    if not all(charges.is_stopped(charge) for charge in booking.charges.all()):
        raise charges.UnderWay
    found = contesting.decide_appeal(
        appeal_id, verdict=Verdict.OVERTURNED, reason=reason, by=by, paid=False
    )
    contesting.decide_anew(booking.pk, service_cents=service_cents, by=by, reason=reason)
    freezing.release(booking.pk)
    return found


@verb
def _plan_again(booking_id: int) -> None:
    """What was stopped and is owed all the same."""
    booking = lock_booking(booking_id)
    if booking.charges.filter(state=ChargeState.OBJECTED).exists():
        charges.open_charge(booking_id)


def gave_back(found: DecisionAppeal) -> bool:
    """Whether what was overturned had been paid: then it went back to the card."""
    return Refund.objects.filter(uuid=found.uuid).exists()


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
