"""The words a customer signs: what was done, for how much, and that the card will be charged."""

from django.utils.translation import gettext

from mila.templatetags.house import money
from requests_app.models import Booking, Quote


def text(booking: Booking, quote: Quote) -> str:
    """In the active language, one fact a line; it is frozen with the signature (PRODUCT L12)."""

    def amount(cents: int) -> str:
        return money(cents, booking.currency)

    lines = [
        gettext("Booking %(number)s: %(service)s") % {"number": booking.number, "service": booking.service.name},
        *(f"{line.quantity} × {line.label}: {amount(line.cents)}" for line in quote.lines.all()),
        gettext("Booking fee with the satisfaction guarantee: %(amount)s")
        % {"amount": amount(booking.booking_fee_cents)},
        gettext("Total, VAT included: %(amount)s")
        % {"amount": amount(quote.service_cents + booking.booking_fee_cents)},
    ]
    if booking.report.get("done"):
        lines.append(gettext("What was done: %(done)s") % {"done": booking.report["done"]})
    if booking.report.get("explained"):
        lines.append(gettext("The result was shown and explained to me."))
    if booking.report.get("tidied"):
        lines.append(gettext("The place of work was left tidy."))
    lines.append(gettext("I agree, and my card will be charged with the total."))
    return "\n".join(lines)
