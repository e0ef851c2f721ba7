"""A partner's account at Stripe: opened once, filled in on Stripe's pages, and how it stands
(rule D1, M5).

What a message says is never taken over: the account is asked. Where no message comes the sweep
asks.
"""

from datetime import datetime, timedelta

from accounts.models import PartnerProfile
from accounts.search import refresh_search_rows
from mila.clock import MilaNow, mila_now
from mila.transactions import verb
from payments import bank_mail, earnings, gateway
from payments.models import PayoutAccount

ASK_AGAIN = timedelta(days=1)
ASK_SOON = timedelta(hours=1)  # while something is missing, or Stripe did not answer
# Stripe's words for an account that is no longer ours to ask about
GONE = ("account_invalid", "resource_missing")


def open_account(partner: PartnerProfile) -> str:
    """Their account at Stripe; a repeat answers the same one.

    One they have left is followed by another.
    """
    there = PayoutAccount.objects.filter(partner=partner).first()
    left = there is not None and there.lost_at is not None
    if partner.stripe_account and not left:
        return partner.stripe_account
    number = there.number + 1 if there and left else 1
    key = f"partner-{partner.pk}-{partner.created_at.timestamp():.0f}-account"
    account = gateway.open_account(
        partner_id=partner.pk,
        kind="individual" if partner.is_friend else "company",
        country=partner.country,
        email=partner.email,
        key=key if number == 1 else f"{key}-{number}",
    )
    _keep_account(partner.pk, account, number)
    partner.refresh_from_db(fields=["stripe_account", "payable"])
    return partner.stripe_account


def onboarding_url(partner: PartnerProfile, *, back: str, again: str) -> str:
    """A fresh way to Stripe's pages, for one visit of one person; never mailed, never kept."""
    return gateway.onboarding_url(open_account(partner), back, again)


def refresh_account(account: str) -> bool:
    """Ask Stripe how the account stands, and let the search know. False: not one of ours."""
    partner = (
        PartnerProfile.objects.filter(stripe_account=account).exclude(stripe_account="").first()
    )
    if partner is None:
        return False
    try:
        status = gateway.account_status(account)
    except gateway.GatewayRefused as refused:
        if refused.code not in GONE:
            raise
        return lose_account(account)
    _record(partner.pk, status)
    return True


def lose_account(account: str) -> bool:
    """The partner has cut the tie: nothing can reach them, and the account
    can no longer be asked.
    """
    partner = (
        PartnerProfile.objects.filter(stripe_account=account).exclude(stripe_account="").first()
    )
    if partner is None:
        return False
    _record_loss(partner.pk, account)
    return True


def due_accounts(limit: int) -> list[int]:
    """Accounts to ask Stripe about again: the message about a change may
    have been lost (fault M8).
    """
    due = PayoutAccount.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    return list(due.values_list("pk", flat=True)[:limit])


def ask_again(payout_account_id: int) -> None:
    """One of `due_accounts`."""
    partner = PartnerProfile.objects.get(payout_account=payout_account_id)
    if not refresh_account(partner.stripe_account):
        put_off(payout_account_id)


@verb
def put_off(payout_account_id: int) -> None:
    """Stripe did not answer: later again, and the others first."""
    PayoutAccount.objects.filter(pk=payout_account_id).update(next_at=mila_now() + ASK_SOON)


# --- What is written down


def _lock(partner_id: int) -> tuple[PartnerProfile, PayoutAccount]:
    partner = PartnerProfile.objects.select_for_update(no_key=True).get(pk=partner_id)
    account, _new = PayoutAccount.objects.get_or_create(partner=partner)
    return partner, account


@verb
def _keep_account(partner_id: int, account: str, number: int) -> None:
    partner, row = _lock(partner_id)
    if partner.stripe_account and row.lost_at is None:
        return
    at = mila_now()
    row.number, row.lost_at, row.next_at = number, None, at
    row.save(update_fields=["number", "lost_at", "next_at"])
    partner.stripe_account = account
    partner.save(update_fields=["stripe_account"])
    if number > 1:
        _hold_back(partner, row, at)


@verb
def _record(partner_id: int, status: gateway.AccountStatus) -> None:
    partner, row = _lock(partner_id)
    if partner.stripe_account != status.id:
        return  # they have opened another one meanwhile
    at = mila_now()
    known = row.bank or row.number > 1  # the first bank account of the first account is no change
    changes_bank = bool(known and status.bank and row.bank != status.bank)
    row.takes_jobs, row.can_be_paid = status.transfers_active, status.payouts_enabled
    row.submitted, row.checking = status.details_submitted, status.checking
    row.missing, row.due_at, row.reason = (
        list(status.currently_due),
        status.due_at,
        status.disabled_reason[:64],
    )
    row.bank = status.bank or row.bank
    row.lost_at, row.asked_at = None, at
    ready = row.takes_jobs and row.can_be_paid and not row.missing
    row.next_at = at + (ASK_AGAIN if ready else ASK_SOON)
    row.save()
    _set_payable(partner, row.takes_jobs)
    if changes_bank:
        _hold_back(partner, row, at)


def _hold_back(partner: PartnerProfile, row: PayoutAccount, at: datetime) -> None:
    """Money goes elsewhere from now on: it rests first, and the partner hears of it (rule M5)."""
    row.bank_changed_at = at
    row.save(update_fields=["bank_changed_at"])
    earnings.promise_anew(partner.pk, at)
    bank_mail.tell_change(partner, earnings.changed_until(partner) or at)


@verb
def _record_loss(partner_id: int, account: str) -> None:
    partner, row = _lock(partner_id)
    if partner.stripe_account != account:
        return
    row.takes_jobs = row.can_be_paid = row.checking = False
    row.missing, row.due_at, row.reason, row.next_at = [], None, "", None
    row.lost_at = row.lost_at or mila_now()
    row.save()
    _set_payable(partner, False)


def _set_payable(partner: PartnerProfile, payable: bool) -> None:
    """What the search reads: only who can receive money is asked (rule D1)."""
    if partner.payable != payable:
        partner.payable = payable
        partner.save(update_fields=["payable"])
        refresh_search_rows(*partner.technicians.all())
