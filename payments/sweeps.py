"""Find money that is due to move: signed-off bookings without a charge, charges and events to take
up again.
"""

from mila.clock import MilaNow, mila_now
from mila.sweeping import handle_each
from mila.transactions import verb
from payments import (
    advances,
    charges,
    disputes,
    outages,
    own_cards,
    partners,
    payouts,
    raising,
    refunds,
    ways,
    webhooks,
)
from payments.models import (
    UNDER_WAY,
    Advance,
    Charge,
    ChargeState,
    Dispute,
    Payout,
    PayoutState,
    PriceRaise,
    Refund,
    RefundState,
    StripeEvent,
)
from requests_app.models import Booking

BATCH = 200


def sweep() -> int:
    """One round; answers how many rows it took up."""
    outages.recover_holds()
    due = Charge.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    events = StripeEvent.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    raises = PriceRaise.objects.filter(remind_at__lte=MilaNow()).order_by("remind_at")
    taken_up = [
        *handle_each(charge_booking, unsettled_bookings()),
        *handle_each(charges.let_go, _ids(due.filter(state=ChargeState.HELD)), charges.set_aside),
        *handle_each(
            charges.submit, _ids(due.filter(state__in=charges.OPEN_STATES)), charges.set_aside
        ),
        *handle_each(
            charges.remind, _ids(due.filter(state__in=charges.WAITING)), charges.set_aside
        ),
        *handle_each(webhooks.handle, _ids(events)),
        *handle_each(raising.take_up, _ids(raises), raising.put_off),
        *handle_each(own_cards.detach, own_cards.to_detach()[:BATCH]),
    ]
    return len(taken_up)


def sweep_payouts() -> int:
    """One round of money out: what is due today, what was planned or not answered, and what nobody
    told us about.
    """
    at = mila_now()
    due = Payout.objects.filter(next_at__lte=at).order_by("next_at")
    planned = handle_each(payouts.plan, payouts.due_partners(at, BATCH))
    taken_up = [
        *(payout for of_one in planned for payout in of_one),
        *handle_each(
            payouts.submit, _ids(due.filter(state__in=payouts.OPEN_STATES)), payouts.set_aside
        ),
        *handle_each(payouts.look_again, _ids(due.filter(state=PayoutState.ON_ITS_WAY))),
        *handle_each(partners.ask_again, partners.due_accounts(BATCH), partners.put_off),
    ]
    return len(taken_up)


def sweep_returns() -> int:
    """One round of money that goes back: refunds to send or to ask about, disputes likewise, and
    advances that customers have paid after all.
    """
    at = mila_now()
    due = Refund.objects.filter(next_at__lte=at).order_by("next_at")
    contested = Dispute.objects.filter(next_at__lte=at).order_by("next_at")
    repaid = Advance.objects.filter(next_at__lte=at).order_by("next_at")
    taken_up = [
        *handle_each(refunds.submit, _ids(due.filter(state__in=UNDER_WAY)), refunds.set_aside),
        *handle_each(refunds.look_again, _ids(due.filter(state=RefundState.PENDING))),
        *handle_each(disputes.take_up, _ids(contested), disputes.set_aside),
        *handle_each(advances.take_up, _ids(repaid), advances.set_aside),
    ]
    return len(taken_up)


def charge_booking(booking_id: int) -> Charge | None:
    """Open what the booking owes and submit it; staff are asked about a way that may be Mila's to
    pay. Repeatable.
    """
    charge = _look_at_end(booking_id)
    return charges.submit(charge.pk) if charge else None


@verb
def _look_at_end(booking_id: int) -> Charge | None:
    ways.ask_about_way(booking_id)
    return charges.open_charge(booking_id)


def unsettled_bookings() -> list[int]:
    """Ended, and not looked at yet: the message that should have done so was lost."""
    return _ids(Booking.objects.filter(unsettled_at__isnull=False).order_by("unsettled_at"))


def _ids(queryset) -> list[int]:
    return list(queryset.values_list("pk", flat=True)[:BATCH])
