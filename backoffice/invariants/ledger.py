"""What must hold of the ledger, of partners' shares and payouts."""

from collections.abc import Iterator

from django.db.models import F, Q, Sum

from backoffice.invariants.scope import Found, Ids, of
from payments.ledger import way_key
from payments.models import (
    Account,
    Charge,
    ChargeState,
    Earning,
    LedgerEntry,
    Payout,
    PayoutState,
    WayPay,
)
from requests_app.models import (
    State,
)


def ledger(ids: Ids) -> Found:
    entries = (
        LedgerEntry.objects.values("entry", "currency")
        .annotate(total=Sum("cents"))
        .exclude(total=0)
    )
    yield from (f"entry {row['entry']} leaves {row['total']} {row['currency']}" for row in entries)
    for charge in of(Charge.objects.filter(state=ChargeState.SUCCEEDED), ids).annotate(
        booked=Sum("ledger__cents", filter=Q(ledger__account="stripe"))
    ):
        if charge.booked != charge.amount_cents:
            yield f"charge {charge.pk}: {charge.booked} in the ledger, {charge.amount_cents} paid"


def paid_ways(ids: Ids) -> Found:
    lines = LedgerEntry.objects.filter(account=Account.MILA).exclude(
        Q(key__startswith="refund-") | Q(key__startswith="dispute-")
    )
    for way in of(WayPay.objects.filter(cents__isnull=False).select_related("booking"), ids):
        booking, amount = way.booking, way.booking.policy.cancel_fee_cents[way.booking.currency]
        booked = {
            line.account: (line.cents, line.partner_id)
            for line in LedgerEntry.objects.filter(key=way_key(way))
        }
        due = (
            {"mila": (way.cents, None), "partner": (-way.cents, way.partner_id)}
            if way.cents
            else {}
        )
        if booked != due:
            yield f"booking {booking.pk}: its way stands otherwise in the ledger"
        if way.cents not in (0, amount) or booking.state != State.FAILED or booking.fee_cents:
            yield f"booking {booking.pk}: Mila paid a way that was not Mila's to pay"
        lines = lines.exclude(key=way_key(way))
    yield from (
        f"ledger line {pk} pays no way" for pk in of(lines, ids).values_list("pk", flat=True)
    )


def paid_out(ids: Ids) -> Found:
    yield from (f"payout {pk}: {words}" for pk, words in _payout_faults(ids))
    held = Q(free_at__gt=F("payout__created_at"), cents__gt=0) | Q(frozen_at__isnull=False)
    unpaid = Q(charge__isnull=False) & ~Q(charge__state=ChargeState.SUCCEEDED)
    early = Earning.objects.exclude(payout=None).filter(held | unpaid)
    yield from (
        f"earning {pk} was paid out too early" for pk in of(early, ids).values_list("pk", flat=True)
    )


def _payout_faults(ids: Ids) -> Iterator[tuple[int, str]]:
    payouts = Payout.objects.prefetch_related("earnings")
    for payout in payouts if ids is None else payouts.filter(earnings__booking__in=ids).distinct():
        shares = list(payout.earnings.all())
        over = payout.state in (PayoutState.FAILED, PayoutState.DROPPED)
        if (over and shares) or (not over and sum(one.cents for one in shares) != payout.cents):
            yield payout.pk, "is not the sum of its shares"
        if (
            len(
                {(one.partner_id, one.currency) for one in shares}
                | {(payout.partner_id, payout.currency)}
            )
            != 1
        ):
            yield payout.pk, "holds a share of somebody else, or of another currency"
        left = LedgerEntry.objects.filter(
            key__startswith=f"payout-{payout.pk}-", account=Account.PARTNER
        )
        booked = left.aggregate(cents=Sum("cents"))["cents"] or 0
        if booked != (
            payout.cents if payout.state in (PayoutState.ON_ITS_WAY, PayoutState.PAID) else 0
        ):
            yield payout.pk, f"{booked} in the ledger"


def earned(ids: Ids) -> Found:
    paid = Charge.objects.filter(
        state=ChargeState.SUCCEEDED, partner__isnull=False, partner_cents__gt=0
    )
    for charge in of(paid, ids).exclude(earning__cents=F("partner_cents")):
        yield f"charge {charge.pk} has brought the partner nothing, or something else"
    for way in of(WayPay.objects.filter(cents__gt=0), ids).exclude(earning__cents=F("cents")):
        yield (
            f"the way of booking {way.booking_id} has brought the partner nothing, or something "
            f"else"
        )
    gone = Q(payout__state__in=[PayoutState.ON_ITS_WAY, PayoutState.PAID])
    here = (
        of(Earning.objects.exclude(gone), ids)
        .values("booking", "partner")
        .annotate(cents=Sum("cents"))
    )
    owed = of(LedgerEntry.objects.filter(account=Account.PARTNER), ids).values("booking", "partner")
    rests = {(row["booking"], row["partner"]): row["cents"] for row in here.order_by()}
    for row in owed.annotate(cents=Sum("cents")).order_by():
        if -row["cents"] != rests.get((row["booking"], row["partner"]), 0):
            yield (
                f"booking {row['booking']}: the ledger owes partner {row['partner']} "
                f"{-row['cents']}"
            )
