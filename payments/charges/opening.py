"""What a booking owes, and its charge."""

from datetime import timedelta

from accounts.models import PartnerProfile
from catalogue.money import BASIS, Split, split
from mila.clock import mila_now
from mila.transactions import verb
from payments.charges.table import NEW, LockedCharge, advance, new
from payments.models import Charge, ChargeKind, ChargeState
from requests_app import price_versions, withdrawal
from requests_app.actions import signing
from requests_app.lifecycle import lock_booking
from requests_app.models import Booking, State


@verb
def open_charge(booking_id: int) -> Charge | None:
    """The charge this booking owes, made once; None if it owes nothing. A total of zero settles the
    booking at once.

    A repeat returns the first one as it stands; one that was objected to is planned anew, with what
    was decided. Where the technician's word alone says that it is owed, it is held (rule L9b). The
    end of the booking is looked at then.
    """
    booking = lock_booking(booking_id)
    if booking.unsettled_at is not None:
        booking.unsettled_at = None
        booking.save(update_fields=["unsettled_at"])
    partner = _partner(booking)
    owed = amount_owed(booking, partner)
    if owed is None:
        return None
    kind, shares = owed
    if shares.charge_cents == 0:
        signing.settle(booking_id)
        return None
    charge = _on_record(booking, kind) or new(booking, kind)
    if charge.state not in (NEW, ChargeState.OBJECTED):  # of these nothing was sent
        return charge
    held, at = rests_on_word_alone(booking, kind), mila_now()
    charged_from = price_versions.charged_from(booking) if kind == ChargeKind.JOB else None
    advance(
        charge,
        "hold" if held else "plan",
        partner=partner,
        currency=booking.currency,
        amount_cents=shares.charge_cents,
        service_cents=shares.service_cents,
        booking_fee_cents=shares.fee_cents,
        commission_cents=shares.commission_cents,
        partner_cents=shares.partner_cents,
        payment_method=booking.card,
        next_at=at + unread_until(booking) if held else max(at, charged_from or at),
    )
    return charge


def _on_record(booking: Booking, kind: ChargeKind) -> LockedCharge | None:
    charge = Charge.objects.select_for_update().filter(booking=booking, kind=kind).first()
    return LockedCharge(charge) if charge is not None else None


def rests_on_word_alone(booking: Booking, kind: ChargeKind) -> bool:
    """Whether nothing but the technician's own report says that this is owed."""
    if kind == ChargeKind.JOB:
        return signing.evidence_only(booking)
    last = booking.events.last()
    if booking.state == State.FAILED:
        return last is not None and last.move == "fail_visit"
    return last is not None and last.move == "withdraw" and not withdrawal.is_proved(booking)


def unread_until(booking: Booking) -> timedelta:
    """How long the message may lie unread before staff hear of it: as long as a report may wait for
    a signature.
    """
    return booking.policy.signature_limit


def amount_owed(
    booking: Booking, partner: PartnerProfile | None
) -> tuple[ChargeKind, Split] | None:
    """What was frozen: the sign-off, or what ending it without one costs (rule M1, B10)."""
    if booking.state in (State.SIGNED_OFF, State.SETTLED):
        frozen = booking.sign_off
        return ChargeKind.JOB, Split(
            frozen.service_cents,
            frozen.booking_fee_cents,
            frozen.commission_cents,
            frozen.partner_cents,
            frozen.charge_cents,
        )
    if booking.state in (State.CANCELLED, State.FAILED) and booking.fee_cents:
        # A fee nobody waited for has nobody to share it with.
        rate = booking.policy.commission_bp[partner.kind] if partner else BASIS
        return ChargeKind.FEE, split(booking.fee_cents, rate, 0)
    return None


def _partner(booking: Booking) -> PartnerProfile | None:
    """Who has the job, or had it when it was cancelled."""
    if booking.partner:
        return booking.partner
    last = booking.assignments.select_related("partner").order_by("-pk").first()
    return last.partner if last else None
