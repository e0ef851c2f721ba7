"""The ledger beside Stripe's own statement, every night (rule M7; fault M8, M19).

What was lost on the way is fetched first: messages, and what a line of the statement names that we
do not know. Then every line of Mila's account is looked for among ours, every one of ours among the
lines, and the balance of each account is compared with the ledger's. A difference is a task for
staff; no money is moved, no row is mended here.
"""

from datetime import UTC, datetime, time, timedelta

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.sweeping import handle_each
from mila.transactions import verb
from payments import charges, disputes, gateway, ledger, refunds, webhooks
from payments.differences import OWN_PAYOUTS, Found, differences
from payments.models import (
    Charge,
    ChargeState,
    Comparison,
    Difference,
    Dispute,
    LedgerEntry,
    Refund,
    RefundState,
    StatementLine,
)
from places.calendar import instant, wall_time

ZONE, HOUR = "Europe/Paris", time(3)
LONGEST = timedelta(hours=1)  # one that takes longer has broken off
FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # Stripe keeps 30 days of messages anyway
REFUNDS, DISPUTES = ("refund", "refund_failure"), ("adjustment",)


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
    _finish(run, list(differences(run.began_at)))
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
