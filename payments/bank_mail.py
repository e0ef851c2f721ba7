"""Who hears that money goes to another account: whoever owns the partner, at each address we know
(rule M5).

Somebody else may have changed it, and may read one of the two mailboxes.
"""

from datetime import datetime
from uuid import uuid4

from accounts import notifications
from accounts.models import PartnerProfile, User
from mila.cleaning import canonical_email
from places.place import TIME_ZONES

KIND = "payout_bank_changed"  # templates/emails/


def tell_change(partner: PartnerProfile, paid_from: datetime) -> None:
    """In the transaction of the change. Nothing is paid to the new account before `paid_from`."""
    owner = owner_of(partner)
    emails = {
        canonical_email(email) for email in (owner.email if owner else "", partner.email) if email
    }
    for email in sorted(emails):
        notifications.queue(
            kind=KIND,
            subject_id=uuid4(),  # every change is a message of its own
            round=0,
            user=owner if owner and email == canonical_email(owner.email) else None,
            email=email,
            language=owner.language if owner else "fr",
            context={
                "partner": partner.name,
                "paid_from_at": paid_from,
                "zone": TIME_ZONES[partner.country],
                "country": partner.country,
            },
        )


def owner_of(partner: PartnerProfile) -> User | None:
    """The person for the partner's money: a Friend themself, a Pro's owner."""
    if partner.owner is not None:
        return partner.owner
    technician = (
        partner.technicians.select_related("user").order_by("pk").first()
        if partner.is_friend
        else None
    )
    return technician.user if technician else None
