"""The only roads to a partner's money for a person (rule M5).

Another partner's is not found, never forbidden.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.models import PartnerProfile, Technician, User
from payments.models import Charge, Earning, Payout
from requests_app.access import technician_of


@dataclass(frozen=True)
class Payee:
    """Somebody with earnings to look at.

    Who owns sees all of the partner's, others what they earned themselves.
    """

    partner: PartnerProfile
    technician: Technician | None
    owns: bool

    @property
    def charges(self) -> QuerySet[Charge]:
        mine = (
            Q()
            if self.owns
            else Q(earning__technician=self.technician) | _unpaid_of(self.technician)
        )
        return Charge.objects.filter(mine, partner=self.partner)

    @property
    def earnings(self) -> QuerySet[Earning]:
        mine = Q() if self.owns else Q(technician=self.technician)
        return Earning.objects.filter(mine, partner=self.partner)

    @property
    def payouts(self) -> QuerySet[Payout]:
        """To the company's bank: its owner's to see."""
        return Payout.objects.filter(partner=self.partner) if self.owns else Payout.objects.none()


def _unpaid_of(technician: Technician | None) -> Q:
    """A charge that is not paid yet has brought nobody anything: it is theirs whose job it is."""
    return Q(earning=None, booking__technician=technician)


def payee_of(user: User | AnonymousUser) -> Payee | None:
    """The technician who is signed in, or the owner of a company, who need not be one."""
    technician = technician_of(user)
    if technician is not None:
        partner = technician.partner
        return Payee(partner, technician, owns=partner.is_friend or partner.owner_id == user.pk)
    owned = (
        PartnerProfile.objects.filter(owner_id=user.pk).order_by("pk").first()
        if user.is_authenticated
        else None
    )
    return Payee(owned, None, owns=True) if owned else None
