"""Who hears of a payout: the partner that it is on its way or came back, staff where they have to
look (rule N1).
"""

from typing import Any

from django.conf import settings
from django.utils import translation

from accounts import notifications
from mila.formats import full_day
from payments.bank_mail import owner_of
from payments.models import Payout

KINDS = ("payout_sent", "payout_failed", "payout_ops")  # templates/emails/<kind>.txt


def tell_partner(payout: Payout, kind: str) -> None:
    person = owner_of(payout.partner)
    language = person.language if person else "fr"
    with translation.override(language):
        arrives = full_day(payout.arrives_on)
    notifications.queue(
        kind=kind,
        subject_id=payout.uuid,
        round=0,
        user=person,
        email=person.email if person else payout.partner.email,
        language=language,
        context={
            **_facts(payout),
            "arrives": arrives,
            "earnings_url": f"{settings.SITE_URL}/partner/earnings/",
            "account_url": f"{settings.SITE_URL}/partner/account/",
        },
    )


def tell_ops(payout: Payout, why: str) -> None:
    """Once for each reason: approval, refused."""
    notifications.queue(
        kind="payout_ops",
        subject_id=payout.uuid,
        round=("approval", "refused").index(why),
        email=settings.OPS_EMAIL,
        language="fr",
        context={
            **_facts(payout),
            "why": why,
            "admin_url": f"{settings.SITE_URL}/admin/payments/payout/{payout.pk}/change/",
        },
    )


def _facts(payout: Payout) -> dict[str, Any]:
    return {"partner": payout.partner.name, "cents": payout.cents, "currency": payout.currency}
