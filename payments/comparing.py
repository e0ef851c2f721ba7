"""The ledger beside Stripe's own statement, every night (rule M7; fault M8, M19).

What was lost on the way is fetched first: messages, and what a line of the statement names that we
do not know. Then every line of Mila's account is looked for among ours, every one of ours among the
lines, and the balance of each account is compared with the ledger's. A difference is a task for
staff; no money is moved, no row is mended here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import Case, Exists, Min, OuterRef, Q, Sum, Value, When
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.sweeping import handle_each
from mila.transactions import verb
from payments import charges, disputes, gateway, ledger, refunds, webhooks
from payments.models import (
    Account,
    Charge,
    ChargeState,
    Comparison,
    Difference,
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
from places.calendar import instant, wall_time

ZONE, HOUR = "Europe/Paris", time(3)
LONGEST = timedelta(hours=1)  # one that takes longer has broken off
FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # Stripe keeps 30 days of messages anyway
REFUNDS, DISPUTES = ("refund", "refund_failure"), ("adjustment",)
OWN_PAYOUTS = ("payout", "payout_failure", "payout_cancel")  # from Mila's balance to Mila's bank
BALANCE = "balance"

Key = tuple[str, str, str]  # type and source of a line, and its currency


class AlreadyClosed(Refusal):
    sentence = _("This difference was closed meanwhile.")


def compare_if_due() -> Comparison | None:
    """Once a night, at the first look after its hour on the wall of the house; the next look if it
    broke off.
    """
    night = instant(datetime.combine(wall_time(mila_now(), ZONE).date(), HOUR), ZONE)
    since = Comparison.objects.filter(began_at__gte=night)
    # done, or still at it
    done = since.filter(Q(ended_at__isnull=False) | Q(began_at__gt=mila_now() - LONGEST))
    return compare() if mila_now() >= night and not done.exists() else None


def compare() -> Comparison:
    """One comparison, whole. May run twice: what is found a second time is the same task."""
    run = _begin()
    _fetch_messages(run)
    run.lines = _fetch_lines()
    _learn()
    _finish(run, list(_differences(run.began_at)))
    return run


@verb
def _begin() -> Comparison:
    return Comparison.objects.create()


def _fetch_messages(run: Comparison) -> None:
    """Those that never came. Since the newest of the last time, by Stripe's clock, which need not
    be ours.
    """
    last = Comparison.objects.exclude(ended_at=None).order_by("-pk").first()
    since = last.events_from if last is not None and last.events_from else FIRST
    found = gateway.list_events(since, gateway.PLATFORM_EVENTS)
    run.events_from = max([event.created for event in found], default=since)
    new = [one.pk for one in (webhooks.keep(event) for event in found) if one is not None]
    handle_each(webhooks.handle, new)


def _fetch_lines() -> int:
    last = StatementLine.objects.order_by("-pk").values_list("stripe_id", flat=True).first()
    return len(_keep(gateway.list_statement(last)))


@verb
def _keep(lines: list[gateway.Line]) -> list[StatementLine]:
    """The oldest first, so that the newest row is where the next time goes on."""
    known = set(
        StatementLine.objects.filter(stripe_id__in=[line.id for line in lines]).values_list(
            "stripe_id", flat=True
        )
    )
    return StatementLine.objects.bulk_create(
        StatementLine(
            stripe_id=line.id,
            type=line.type,
            source=line.source,
            currency=line.currency,
            amount_cents=line.cents,
            fee_cents=line.fee_cents,
        )
        for line in lines
        if line.id not in known
    )


# --- What the statement names and we do not know


def _learn() -> None:
    """Refunds and disputes made past us, transfers of a charge that came later, and what Stripe
    takes for itself.
    """
    halves = Charge.objects.filter(charges.NOT_WHOLE, state=ChargeState.SUCCEEDED)
    handle_each(charges.apply_intent, list(halves.values_list("intent_id", flat=True)))
    mine = Refund.objects.exclude(stripe_id="")
    lines = StatementLine.objects.filter(type__in=REFUNDS).exclude(
        source__in=mine.values("stripe_id")
    )
    failed = StatementLine.objects.filter(
        type="refund_failure",
        source__in=mine.exclude(state=RefundState.CAME_BACK).values("stripe_id"),
    )
    handle_each(refunds.apply_refund, sorted({line.source for line in (*lines, *failed)}))
    contested = StatementLine.objects.filter(type__in=DISPUTES, source__startswith="du_")
    news = contested.exclude(source__in=Dispute.objects.values("stripe_id"))
    under_way = Dispute.objects.filter(next_at__isnull=False).values_list("stripe_id", flat=True)
    handle_each(
        disputes.apply_dispute, sorted({*news.values_list("source", flat=True), *under_way})
    )
    handle_each(_book_own, _not_booked())


def _not_booked() -> list[int]:
    """Lines that cost something, or are Mila's own payouts, and stand in no entry of the ledger."""
    own = Q(type__in=OWN_PAYOUTS)
    begins = Case(When(own, then=Value(ledger.OWN)), default=Value(ledger.COST))
    told = StatementLine.objects.filter(~Q(fee_cents=0) | Q(type="stripe_fee") | own)
    booked = LedgerEntry.objects.filter(key=OuterRef("key"))
    open_ = told.annotate(key=Concat(begins, "stripe_id")).filter(~Exists(booked))
    return list(open_.order_by("pk").values_list("pk", flat=True))


@verb
def _book_own(line_id: int) -> None:
    """What Stripe takes for itself, and what went to Mila's bank: its statement is the only one who
    knows.
    """
    line, at = StatementLine.objects.get(pk=line_id), mila_now()
    if line.type in OWN_PAYOUTS:
        ledger.book_own_payout(line.stripe_id, line.currency, -line.amount_cents, at)
        return
    cost = -line.amount_cents if line.type == "stripe_fee" else line.fee_cents
    charge = Charge.objects.filter(stripe_charge=line.source).exclude(stripe_charge="").first()
    dispute = (
        Dispute.objects.filter(stripe_id=line.source).select_related("charge__booking").first()
    )
    booking = charge.booking if charge else dispute.charge.booking if dispute else None
    ledger.book_cost(line.stripe_id, booking, line.currency, cost, at)


# --- The comparison


@dataclass(frozen=True)
class Found:
    kind: DifferenceKind
    key: Key
    ours: int
    stripes: int


def _differences(began_at: datetime) -> Iterator[Found]:
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
    )
    found: set[int | None] = {
        next((pk for pk in row if pk), None) for row in calls.values_list(*names)
    }
    if StripeEvent.objects.filter(done_at=None, tries=0, type__in=gateway.PLATFORM_EVENTS).exists():
        found.add(None)
    return found


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
    """Ours: a line that must stand on the statement of Mila's own account, and since when."""

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
        yield from _facts(named, charge.currency, charge.succeeded_at)
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
    ways = Operation.objects.filter(
        kind="transfer", state=OperationState.DONE, payout__isnull=False
    )
    for way in ways.iterator():
        assert way.answered_at
        named = {("transfer", way.answer["transfer"]): -way.params["cents"]}
        yield from _facts(named, way.params["currency"], way.answered_at)


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
    """Of each partner and currency what their account must hold: what is owed, less the ways that
    are still Mila's to bring over, and with what of a lost dispute or a refund is not fetched back
    yet.
    """
    owed = (
        LedgerEntry.objects.filter(account=Account.PARTNER)
        .order_by()
        .values_list("partner", "currency")
    )
    found = {
        (partner, currency): -cents for partner, currency, cents in owed.annotate(Sum("cents"))
    }
    brought = Operation.objects.filter(kind="transfer", state=OperationState.DONE).values_list(
        "params__earning", flat=True
    )
    for way in Earning.objects.exclude(way=None).exclude(pk__in=list(brought)):
        found[way.partner_id, way.currency] -= way.cents
    lost = Dispute.objects.filter(state=DisputeState.LOST, reversal_id="", partner_cents__gt=0)
    for dispute in lost.select_related("charge"):
        found[dispute.charge.partner_id, dispute.currency] += dispute.partner_cents
    halves = Refund.objects.exclude(made_at=None).filter(fee_cents__gt=0, fee_refund_ids=[])
    for refund in halves.select_related("charge"):
        found[refund.charge.partner_id, refund.currency] -= refund.fee_cents
    return found


# --- What becomes of it


@verb
def _finish(run: Comparison, found: list[Found]) -> None:
    """New ones become tasks; those that are gone are closed by themselves."""
    there = {
        (one.type, one.source, one.currency): one
        for one in Difference.objects.select_for_update().filter(closed_at=None)
    }
    at = mila_now()
    for one in found:
        type_, source, currency = one.key
        old = there.pop(one.key, None)
        values = {"kind": one.kind, "ours_cents": one.ours, "stripes_cents": one.stripes}
        if old is None:
            Difference.objects.create(type=type_, source=source, currency=currency, **values)
        else:
            Difference.objects.filter(pk=old.pk).update(**values)
    Difference.objects.filter(pk__in=[one.pk for one in there.values()]).update(closed_at=at)
    run.ended_at = at
    run.save()


@verb
def close(difference_id: int, *, by: User) -> Difference:
    """Staff have looked and say that it is settled; if not, the next night opens it again.

    Raises AlreadyClosed.
    """
    row = Difference.objects.select_for_update().get(pk=difference_id)
    if row.closed_at is not None:
        raise AlreadyClosed
    row.closed_at, row.closed_by = mila_now(), by
    row.save(update_fields=["closed_at", "closed_by"])
    return row
