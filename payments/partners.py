"""A partner's connected account: opened once, and whether it can receive money (rule D1)."""

from accounts.models import PartnerProfile
from accounts.search import refresh_search_rows
from mila.transactions import verb
from payments import gateway


def open_account(partner: PartnerProfile) -> str:
    """Their account at Stripe; a repeat answers the same one."""
    if partner.stripe_account:
        return partner.stripe_account
    account = gateway.open_account(
        partner_id=partner.pk,
        kind="individual" if partner.is_friend else "company",
        country=partner.country,
        email=partner.email,
        key=f"partner-{partner.pk}-{partner.created_at.timestamp():.0f}-account",
    )
    PartnerProfile.objects.filter(pk=partner.pk, stripe_account="").update(stripe_account=account)
    partner.refresh_from_db(fields=["stripe_account"])
    return partner.stripe_account


def refresh_account(account: str) -> bool:
    """Ask Stripe whether the account can receive transfers, and let the search know. False: not one of ours."""
    partner = PartnerProfile.objects.filter(stripe_account=account).first()
    if partner is None:
        return False
    _set_payable(partner.pk, gateway.account_status(account).transfers_active)
    return True


def lose_account(account: str) -> bool:
    """The partner has cut the tie: nothing can reach them, and the account can no longer be asked."""
    partner = PartnerProfile.objects.filter(stripe_account=account).first()
    if partner is None:
        return False
    _set_payable(partner.pk, False)
    return True


@verb
def _set_payable(partner_id: int, payable: bool) -> None:
    partner = PartnerProfile.objects.select_for_update().get(pk=partner_id)
    if partner.payable != payable:
        partner.payable = payable
        partner.save(update_fields=["payable"])
        refresh_search_rows(*partner.technicians.all())
