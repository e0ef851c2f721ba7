"""What Stripe's statement and our rows say of the same money, side by side (rule M7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Q, Sum

from mila.clock import mila_now
from payments import gateway
from payments.charges import COMPLETED_WITHIN, NOT_WHOLE
from payments.models import (
    Account,
    Advance,
    Charge,
    ChargeState,
    DifferenceKind,
    Dispute,
    DisputeState,
    Earning,
    LedgerEntry,
    Operation,
    OperationState,
    PayoutAccount,
    Refund,
    RefundState,
    StatementLine,
    StripeEvent,
)

OWN_PAYOUTS = ("payout", "payout_failure", "payout_cancel")  # from Mila's balance to Mila's bank
BALANCE = "balance"

Key = tuple[str, str, str]  # type and source of a line, and its currency


@dataclass(frozen=True)
class Found:
    kind: DifferenceKind
    key: Key
    ours: int
    stripes: int


def differences(began_at: datetime) -> Iterator[Found]:
    """What was written down after the beginning may not be on what was fetched, and the other way
    round.
    """
    ours = {fact.key: fact for fact in _ours()}
    theirs, in_flight = _theirs(), _in_flight()
    for key, (cents, seen_at) in theirs.items():
        if key in ours and ours[key].cents != cents:
            yield Found(DifferenceKind.AMOUNT, key, ours[key].cents, cents)
        elif key not in ours and (seen_at < began_at or not in_flight):
            yield Found(DifferenceKind.UNKNOWN, key, 0, cents)
    for key, fact in ours.items():
        if key not in theirs and fact.at <= began_at:
            yield Found(DifferenceKind.MISSING, key, fact.cents, 0)
    yield from _balances(in_flight)


def _in_flight() -> set[int | None]:
    """Partners of whom something has left the house and its answer is not here: what it moved is no
    difference yet.

    None among them: something that is no partner's, or a message nobody has looked at yet.
    """
    calls = Operation.objects.filter(state__in=(OperationState.SENT, OperationState.UNKNOWN))
    names = (
        "charge__partner",
        "payout__partner",
        "refund__charge__partner",
        "dispute__charge__partner",
        "advance__charge__partner",
    )
    found: set[int | None] = {
        next((pk for pk in row if pk), None) for row in calls.values_list(*names)
    }
    found |= _not_complete()
    if StripeEvent.objects.filter(done_at=None, tries=0, type__in=gateway.PLATFORM_EVENTS).exists():
        found.add(None)
    return found


def _not_complete() -> set[int | None]:
    """Partners of whose charges Stripe may still be moving the money: it does that after its
    answer, and has an hour for it.
    """
    young = Charge.objects.filter(
        state=ChargeState.SUCCEEDED, succeeded_at__gt=mila_now() - COMPLETED_WITHIN
    )
    line = StatementLine.objects.filter(type="charge", source=OuterRef("stripe_charge"))
    there = Q(Exists(line)) & ~NOT_WHOLE
    return set(young.exclude(there).values_list("partner", flat=True))


def _theirs() -> dict[Key, tuple[int, datetime]]:
    lines = StatementLine.objects.exclude(type__in=("stripe_fee", *OWN_PAYOUTS)).values(
        "type", "source", "currency"
    )
    sums = lines.annotate(cents=Sum("amount_cents"), since=Min("seen_at")).order_by()
    return {
        (row["type"], row["source"], row["currency"]): (row["cents"], row["since"]) for row in sums
    }


@dataclass(frozen=True)
class Fact:
    """Ours: a line that must stand on the statement of Mila's own account, and since when at the
    latest.
    """

    key: Key
    cents: int
    at: datetime


def _ours() -> Iterator[Fact]:
    for charge in (
        Charge.objects.filter(state=ChargeState.SUCCEEDED).exclude(stripe_charge="").iterator()
    ):
        assert charge.succeeded_at
        named = {
            ("charge", charge.stripe_charge): charge.amount_cents,
            ("transfer", charge.stripe_transfer): -charge.amount_cents,
            ("application_fee", charge.stripe_fee): charge.application_fee_cents,
        }
        due_at = charge.succeeded_at + COMPLETED_WITHIN
        yield from _facts(named, charge.currency, due_at)
    for refund in Refund.objects.exclude(made_at=None).iterator():
        assert refund.made_at
        yield from _facts(_of_refund(refund), refund.currency, refund.made_at)
    for dispute in Dispute.objects.exclude(withdrawn_at=None).iterator():
        assert dispute.withdrawn_at
        back = dispute.amount_cents if dispute.reinstated_at else 0
        named = {
            ("adjustment", dispute.stripe_id): back - dispute.amount_cents,
            ("transfer_refund", dispute.reversal_id): dispute.partner_cents,
        }
        yield from _facts(named, dispute.currency, dispute.withdrawn_at)
    # ways and advances
    brought = Operation.objects.filter(
        kind="transfer", state=OperationState.DONE, payout__isnull=False
    )
    for one in brought.iterator():
        assert one.answered_at
        named = {("transfer", one.answer["transfer"]): -one.params["cents"]}
        yield from _facts(named, one.params["currency"], one.answered_at)
    for advance in Advance.objects.exclude(reversal_id="").select_related("charge").iterator():
        assert advance.reversed_at
        named = {("transfer_refund", advance.reversal_id): advance.cents}
        yield from _facts(named, advance.charge.currency, advance.reversed_at)


def _facts(named: dict[tuple[str, str], int], currency: str, at: datetime) -> Iterator[Fact]:
    """What has no name at Stripe has not happened there."""
    for (type_, source), cents in named.items():
        if source:
            yield Fact((type_, source, currency), cents, at)


def _of_refund(refund: Refund) -> dict[tuple[str, str], int]:
    named = {
        ("refund", refund.stripe_id): -refund.amount_cents,
        ("transfer_refund", refund.reversal_id): refund.reversal_cents,
    }
    if refund.state == RefundState.CAME_BACK:
        named["refund_failure", refund.stripe_id] = refund.amount_cents
    if len(refund.fee_refund_ids) == 1:
        named["application_fee_refund", refund.fee_refund_ids[0]] = -refund.fee_cents
    return named


# --- Balances


def _balances(in_flight: set[int | None]) -> set[Found]:
    """What each account holds at Stripe beside what the ledger says it must hold.

    The two are read one after the other: what moves meanwhile looks like a difference once, and not
    the same twice.
    """
    found = set(_compare_balances(in_flight))
    return found & set(_compare_balances(in_flight | _in_flight())) if found else found


def _compare_balances(in_flight: set[int | None]) -> Iterator[Found]:
    partners = _owed_at_stripe()
    if not in_flight:
        sums = LedgerEntry.objects.filter(account=Account.STRIPE).order_by().values_list("currency")
        own: dict[str, int] = dict(sums.annotate(Sum("cents")))
        for (_partner, currency), cents in partners.items():
            own[currency] = own.get(currency, 0) - cents
        yield from _beside("", own, gateway.account_balance(None))
    # An account that follows one that was left holds a part of what is owed: those are for a
    # person.
    known = PayoutAccount.objects.filter(
        number=1, lost_at=None, partner__in={pk for pk, _currency in partners}
    )
    for row in (
        known.exclude(partner__in=in_flight - {None})
        .select_related("partner")
        .order_by("pk")
        .iterator()
    ):
        ours = {
            currency: cents for (pk, currency), cents in partners.items() if pk == row.partner_id
        }
        account = row.partner.stripe_account
        yield from _beside(account, ours, gateway.account_balance(account))


def _beside(account: str, ours: dict[str, int], stripes: dict[str, int]) -> Iterator[Found]:
    for currency in sorted({*ours, *stripes}):
        if ours.get(currency, 0) != stripes.get(currency, 0):
            yield Found(
                DifferenceKind.BALANCE,
                (BALANCE, account, currency),
                ours.get(currency, 0),
                stripes.get(currency, 0),
            )


def _owed_at_stripe() -> dict[tuple[int, str], int]:
    """Of each partner and currency what their account must hold: what is owed, less the ways and
    advances that are still Mila's to bring over, and with what of a lost dispute, a refund or an
    advance is not fetched back yet.
    """
    owed = (
        LedgerEntry.objects.filter(account=Account.PARTNER)
        .order_by()
        .values_list("partner", "currency")
    )
    found = {
        (partner, currency): -cents for partner, currency, cents in owed.annotate(Sum("cents"))
    }
    done = Operation.objects.filter(kind="transfer", state=OperationState.DONE)
    brought = set(done.values_list("params__earning", flat=True))
    for way in Earning.objects.exclude(way=None).exclude(pk__in=brought):
        found[way.partner_id, way.currency] -= way.cents
    for earning in Earning.objects.exclude(advance=None).select_related("advance"):
        there = _times_there(earning.advance, earning.pk in brought)
        found[earning.partner_id, earning.currency] += there * earning.cents
    lost = Dispute.objects.filter(state=DisputeState.LOST, reversal_id="", partner_cents__gt=0)
    for dispute in lost.select_related("charge"):
        found[dispute.charge.partner_id, dispute.currency] += dispute.partner_cents
    halves = Refund.objects.exclude(made_at=None).filter(fee_cents__gt=0, fee_refund_ids=[])
    for refund in halves.select_related("charge"):
        found[refund.charge.partner_id, refund.currency] -= refund.fee_cents
    return found


def _times_there(advance: Advance, brought: bool) -> int:
    """How often its share is at the partner's, more than the ledger owes it: brought over from
    Mila's balance, there with the charge, fetched back. One that was not brought over is owed and
    not there.
    """
    return int(brought) + bool(advance.repaid_at) - bool(advance.reversal_id) - 1
