"""Why a payment did not go through, with which card and when, in the customer's words (rule M4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.models import Charge, ChargeState, SavedCard

# The bank's word, or Stripe's, for why. What is not here is said in general: a bank need not say
# why.
REASONS = {
    "insufficient_funds": _("There was not enough money on the account of the card."),
    "withdrawal_count_limit_exceeded": _("The limit of the card was reached."),
    "card_velocity_exceeded": _("The limit of the card was reached."),
    "expired_card": _("The card has expired."),
    "card_is_gone": _("The card was removed and can be charged no more."),
    "lost_card": _("The bank has blocked the card."),
    "stolen_card": _("The bank has blocked the card."),
    "pickup_card": _("The bank has blocked the card."),
    "restricted_card": _("The bank has blocked the card."),
    "fraudulent": _("The bank has blocked the card."),
    "currency_not_supported": _("The card does not pay in this currency."),
    "card_not_supported": _("The card does not allow this kind of payment."),
    "authentication_required": _("Your bank wants to be sure that it is you."),
    "payment_intent_authentication_failure": _("Your bank could not confirm that it is you."),
}
OTHER = _("Your bank has refused the payment without saying why. It can tell you.")
# Another try with the same card would be refused again, and costs.
FOR_GOOD = frozenset(
    {
        "expired_card",
        "card_is_gone",
        "lost_card",
        "stolen_card",
        "pickup_card",
        "restricted_card",
        "fraudulent",
        "currency_not_supported",
        "card_not_supported",
        "canceled",
    }
)


@dataclass(frozen=True)
class Failure:
    """`card`: shown to its owner alone (rule B11).

    `again`: the same card may be tried once more.
    """

    reason: Any
    card: SavedCard | None
    at: datetime | None
    again: bool


def failure(charge: Charge, *, own: bool) -> Failure:
    tried = charge.payment_method or charge.booking.card
    last = charge.operations.filter(answered_at__isnull=False).order_by("-pk").first()
    card = SavedCard.objects.filter(
        stripe_id=tried, customer__user=charge.booking.customer_id
    ).first()
    soft = charge.state == ChargeState.FAILED and charge.failure_code not in FOR_GOOD
    return Failure(
        reason=REASONS.get(charge.failure_code, OTHER),
        card=card if own else None,
        at=last.answered_at if last else None,
        again=soft and card is not None and card.removed_at is None,
    )
