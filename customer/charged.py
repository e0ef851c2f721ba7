"""What the customer reads of money: a price in their language, and why a payment is open
(rule B11, M4).
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from payments import charges
from payments.models import SavedCard
from requests_app.models import Booking, QuoteLine

# Why a bank refuses, as far as its code tells; whatever else it says is its own affair.
REFUSALS: dict[str, Any] = {
    "insufficient_funds": _("There was not enough money on it."),
    "expired_card": _("It has expired."),
    "lost_card": _("The bank has blocked it."),
    "stolen_card": _("The bank has blocked it."),
    "authentication_required": _("Your bank wants to ask you first."),
    "payment_intent_authentication_failure": _("Your bank’s question was not answered."),
    "card_velocity_exceeded": _("Its limit is reached."),
    "processing_error": _("The bank could not be reached."),
}
REFUSED = _("Your bank refused it and did not say why.")


@dataclass(frozen=True)
class OpenPayment:
    """A charge that waits for the customer: in words why, and the card without its number."""

    why: str
    card: str


def open_payment(booking: Booking) -> OpenPayment:
    """Of the charge that waits; there is one."""
    charge = booking.charges.filter(state__in=charges.WAITING).latest("pk")
    card = SavedCard.objects.filter(stripe_id=charge.payment_method).first()
    return OpenPayment(refusal(charge.failure_code), str(card) if card else "")


def refusal(code: str) -> str:
    """Why a payment did not go through, in the customer's words."""
    return str(REFUSALS.get(code, REFUSED))


def label_of(line: QuoteLine, booking: Booking) -> str:
    """In the reader's language where the line is the catalogue's; a technician's own words as they
    were written.
    """
    if line.package:
        name = line.package.name
    else:
        booked = getattr(booking.service, f"name_{booking.language}")
        name = booking.service.name if line.label == booked else line.label
    return f"{line.quantity} × {name}" if line.quantity > 1 else name
