"""The secret link: how the mailed one is told from the browser's own, and when it ends
(rule B11, B12).

The browser that ordered knows `/b/<token>/`. A mail leads to `/b/<token>/from-mail/<proof>/`; the
proof is a signature over booking, token and address, which no page shows: whoever opens it has read
that mailbox, and is sent on to the plain address, so that what is copied out of the browser proves
nothing.
"""

from datetime import datetime

from django.conf import settings
from django.core import signing
from django.db.models import Max
from django.urls import reverse

from requests_app.models import ENDED, Booking, BookingEvent

SIGNER = signing.Signer(salt="requests_app.from_mail")


def _facts(booking: Booking) -> str:
    email = booking.customer.email if booking.customer else ""
    return f"{booking.uuid}:{booking.token_hash}:{email}"


def mailed_url(booking: Booking) -> str:
    """The link of a message to the customer's address."""
    proof = SIGNER.signature(_facts(booking))
    return settings.SITE_URL + reverse("customer:from_mail", args=[booking.token, proof])


def is_from_mail(booking: Booking, proof: str) -> bool:
    """Whether this proof was mailed to the address the booking has now."""
    try:
        SIGNER.unsign(f"{_facts(booking)}:{proof}")
    except signing.BadSignature:
        return False
    return True


def ends_at(booking: Booking) -> datetime | None:
    """When the link ends: so long after the booking was over, or after the link was renewed.

    None: not yet over.
    """
    if booking.state not in ENDED:
        return None
    over = (
        BookingEvent.objects.filter(booking=booking).aggregate(at=Max("at"))["at"]
        or booking.created_at
    )
    return max(over, booking.link_from_at or over) + booking.policy.link_life
