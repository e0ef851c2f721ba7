"""What ops do to a charge that is not paid (rule M4): try again, or send the link once more.

No amount is theirs.
"""

from django.utils.translation import gettext_lazy as _

from accounts.models import Notification
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import charges
from payments.charges.rows import lock_charge
from payments.models import Charge, ChargeState
from requests_app import notices

# rounds of notices from here on were sent by staff, so that they never meet a reminder's
BY_HAND = 100
CLOSED = "canceled"  # somebody cancelled the payment at Stripe: it can never be paid


class NothingToTry(Refusal):
    sentence = _("This charge is paid, closed at Stripe, or being sent right now.")


class NotWaiting(Refusal):
    sentence = _("This charge does not wait for the customer.")


@verb
def retry(charge_id: int) -> Charge:
    """Take it up now, with the card it has: a refused one as its next try, an unanswered call with
    its own key.

    The sweep sends it within seconds. Raises NothingToTry.
    """
    _booking, charge = lock_charge(charge_id)
    if not can_retry(charge):
        raise NothingToTry
    if charge.state in charges.WAITING:
        return charges.retry_with_card(charge.pk, payment_method=charge.payment_method)
    charge.next_at = mila_now()
    charge.save(update_fields=["next_at"])
    return charge


def can_retry(charge: Charge) -> bool:
    closed = (ChargeState.SUCCEEDED, ChargeState.SENT, ChargeState.HELD, ChargeState.OBJECTED)
    return charge.state not in closed and charge.failure_code != CLOSED


def waits(charge: Charge) -> bool:
    """Whether only the customer can bring it further."""
    return charge.state in charges.WAITING and charge.failure_code != CLOSED


@verb
def send_link(charge_id: int) -> Notification | None:
    """The customer gets the link to pay once more; the reminders go on as they were.

    Raises NotWaiting.
    """
    booking, charge = lock_charge(charge_id)
    if not waits(charge):
        raise NotWaiting
    kind = "action_required" if charge.state == ChargeState.ACTION_REQUIRED else "unpaid"
    sent = Notification.objects.filter(
        subject_id=booking.uuid, kind=kind, round__gte=BY_HAND
    ).count()
    return notices.queue(booking, kind, round=BY_HAND + sent)
