"""What must hold of money that goes back, for `verify_invariants`: each share where it belongs,
once (rule M6).
"""

from django.db.models import F, Sum

from backoffice.invariants.scope import Found, Ids, of
from payments import ledger, payouts
from payments.models import (
    DISPUTED,
    UNDER_WAY,
    Account,
    Charge,
    Dispute,
    DisputeState,
    Earning,
    LedgerEntry,
    Operation,
    Refund,
    RefundOrigin,
    RefundState,
)
from payments.operations import ANSWERED


def of_refunds(ids: Ids) -> Found:
    """Never more than was paid; each one that was made stands in the ledger with its shares, and
    with the partner.
    """
    counted = Refund.objects.exclude(state=RefundState.REFUSED).exclude(origin=RefundOrigin.AGAIN)
    sums = dict(counted.order_by().values_list("charge").annotate(Sum("amount_cents")))
    for charge in of(Charge.objects.all(), ids, "booking"):
        if charge.refunded_cents != sums.get(charge.pk, 0):
            yield (
                f"charge {charge.pk}: {sums.get(charge.pk, 0)} refunded, {charge.refunded_cents} "
                f"counted"
            )
        if charge.refunded_cents > charge.amount_cents:
            yield f"charge {charge.pk}: more went back than was paid"
    for refund in of(Refund.objects.select_related("charge"), ids, "charge__booking"):
        yield from (f"refund {refund.pk} {words}" for words in _refund(refund))
    owed = LedgerEntry.objects.filter(account=Account.CUSTOMER).order_by().values("booking")
    waiting = Refund.objects.filter(state=RefundState.CAME_BACK, by_hand_at=None).exclude(
        again__made_at__isnull=False
    )
    rests = dict(waiting.order_by().values_list("charge__booking").annotate(Sum("amount_cents")))
    # Above what was left, and of what came back: made on Stripe's pages.
    loose = Refund.objects.filter(
        origin=RefundOrigin.AGAIN, again_of=None, made_at__isnull=False
    ).order_by()
    sent = dict(loose.values_list("charge__booking").annotate(Sum("amount_cents")))
    for row in of(owed.annotate(cents=Sum("cents")), ids, "booking"):
        if -row["cents"] != rests.get(row["booking"], 0) - sent.get(row["booking"], 0):
            yield f"booking {row['booking']}: the ledger owes the customer {-row['cents']}"


def _refund(refund: Refund) -> Found:
    key = ledger.refund_key(refund)
    booked = _lines(key)
    again = refund.origin == RefundOrigin.AGAIN
    due: dict[str, int] = {Account.CUSTOMER: refund.amount_cents} if again else _borne(refund)
    made: dict[str, int] = {Account.STRIPE: -refund.amount_cents, **due} if refund.made_at else {}
    if booked != {account: cents for account, cents in made.items() if cents}:
        yield "stands otherwise in the ledger"
    if bool(_lines(f"{key}-back")) != (refund.state == RefundState.CAME_BACK):
        yield "has come back otherwise in the ledger"
    taken = Earning.objects.filter(refund=refund).values_list("cents", flat=True).first() or 0
    if taken != (-refund.partner_cents if refund.made_at and not again else 0):
        yield f"has taken {-taken} from the partner"
    if refund.state in (*UNDER_WAY, RefundState.PENDING) and refund.next_at is None:
        yield "is open and not scheduled"
    if (
        refund.made_at
        and refund.state not in UNDER_WAY
        and refund.fee_cents
        and not refund.fee_refund_ids
    ):
        yield "is over, and its part of the fee is not back"


def of_disputes(ids: Ids) -> Found:
    """What left and came back is in the ledger; lost, each bears their part; nothing is paid out
    while it is open.
    """
    for dispute in of(Dispute.objects.select_related("charge"), ids, "charge__booking"):
        yield from (f"dispute {dispute.pk} {words}" for words in _dispute(dispute))
    contested = of(
        Earning.objects.filter(booking__charges__disputes__state__in=DISPUTED), ids, "booking"
    )
    paid = contested.filter(payout__created_at__gt=F("booking__charges__disputes__opened_at"))
    yield from (
        f"earning {pk} was paid out while it was contested"
        for pk in paid.values_list("pk", flat=True)
    )
    kept = of(
        Earning.objects.filter(frozen_at__isnull=False, frozen_by=None), ids, "booking"
    ).values_list("pk", "booking_id")
    yield from (
        f"earning {pk} is still frozen by what is over"
        for pk, booking_id in kept
        if not payouts.is_contested(booking_id)
    )
    silent = Operation.objects.exclude(state__in=ANSWERED)
    lost = of(
        silent.filter(dispute__isnull=False, dispute__next_at=None), ids, "dispute__charge__booking"
    )
    gone = of(
        silent.filter(refund__isnull=False, refund__next_at=None), ids, "refund__charge__booking"
    )
    for pk in (*lost.values_list("pk", flat=True), *gone.values_list("pk", flat=True)):
        yield f"operation {pk} has no answer and is not scheduled"


def _dispute(dispute: Dispute) -> Found:
    key = ledger.dispute_key(dispute)
    out = {Account.STRIPE: -dispute.amount_cents, Account.DISPUTED: dispute.amount_cents}
    if _lines(key) != (out if dispute.withdrawn_at else {}):
        yield "has left Stripe otherwise in the ledger"
    if bool(_lines(f"{key}-won")) != bool(dispute.reinstated_at):
        yield "has come back otherwise in the ledger"
    lost = dispute.state == DisputeState.LOST
    borne = {Account.DISPUTED: -dispute.amount_cents, **_borne(dispute)} if lost else {}
    if _lines(f"{key}-lost") != {account: cents for account, cents in borne.items() if cents}:
        yield "is borne otherwise in the ledger"
    taken = Earning.objects.filter(dispute=dispute).values_list("cents", flat=True).first() or 0
    if taken != (-dispute.partner_cents if lost else 0):
        yield f"has taken {-taken} from the partner"
    if dispute.state in DISPUTED and dispute.next_at is None:
        yield "is open and not scheduled"
    if lost and dispute.partner_cents and not dispute.reversal_id and dispute.next_at is None:
        yield "is lost, and the partner's part is not fetched back"


def _lines(key: str) -> dict[str, int]:
    return dict(LedgerEntry.objects.filter(key=key).values_list("account", "cents"))


def _borne(back: Refund | Dispute) -> dict[str, int]:
    return {
        Account.PARTNER: back.partner_cents,
        Account.COMMISSION: back.commission_cents,
        Account.BOOKING_FEE: back.booking_fee_cents,
        Account.MILA: back.mila_cents,
    }
