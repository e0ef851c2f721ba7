"""A charge that is decided anew before it was paid: first it can be paid no more, here and at
Stripe, then it is planned with the new figure (rule L17, M4).

Nothing is sent while it is stopped; whoever was to stop it and died does it again, or lets the
decision stand, and it is planned as it was.
"""

from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from mila.transactions import verb
from payments import gateway
from payments.charges.outcomes import record_intent
from payments.charges.rows import lock_charge
from payments.charges.table import OPEN_STATES, advance
from payments.models import Charge, ChargeState


class PaidMeanwhile(Refusal):
    sentence = _("It was paid meanwhile. Please look once more: now money can go back.")


class UnderWay(Refusal):
    sentence = _("This payment is being made just now. Please try again in a few minutes.")


def stop(charge_id: int) -> None:
    """Nobody can pay it any more, and nothing of it is sent. Repeatable; never in a transaction.

    Raises PaidMeanwhile, UnderWay, gateway.GatewayError: then it waits here as it stands.
    """
    intent_id = _park(charge_id)
    if not intent_id:
        return
    intent = gateway.cancel_payment_intent(intent_id, key=f"{intent_id}-cancel")
    if intent.paid:
        record_intent(charge_id, intent)
        raise PaidMeanwhile
    if intent.status != "canceled":
        raise UnderWay
    _forget(charge_id, intent_id)


@verb
def _park(charge_id: int) -> str:
    """What is to be cancelled at Stripe, if anything was opened there."""
    _booking, charge = lock_charge(charge_id)
    if charge.state == ChargeState.SUCCEEDED:
        raise PaidMeanwhile
    if charge.state in OPEN_STATES and charge.state != ChargeState.PLANNED:
        raise UnderWay
    if charge.state != ChargeState.OBJECTED:
        advance(charge, "take_back", next_at=None)
    return charge.intent_id


@verb
def _forget(charge_id: int, intent_id: str) -> None:
    """It is dead at Stripe: what is planned next opens another, and its reminders begin anew."""
    Charge.objects.filter(pk=charge_id, intent_id=intent_id, state=ChargeState.OBJECTED).update(
        intent_id="", failure_code="", reminders=0
    )


def is_stopped(charge: Charge) -> bool:
    return charge.state == ChargeState.OBJECTED and not charge.intent_id
