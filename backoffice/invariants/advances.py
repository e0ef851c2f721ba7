"""What must hold of what Mila advances: a receivable until the customer pays, then back, once
(rule M4).
"""

from django.db.models import Sum

from backoffice.invariants.scope import Found, Ids, of
from payments import ledger
from payments.models import (
    Account,
    Advance,
    ChargeState,
    Earning,
    LedgerEntry,
    Operation,
    OperationState,
)
from payments.operations import ANSWERED


def advances(ids: Ids) -> Found:
    found = of(Advance.objects.select_related("charge__partner"), ids, "charge__booking")
    for advance in found:
        yield from (f"advance {advance.pk} {words}" for words in _advance(advance))
    owed = LedgerEntry.objects.filter(account=Account.ADVANCED).order_by().values("booking")
    still = Advance.objects.filter(made_at__isnull=False, repaid_at=None).order_by()
    rests = dict(still.values_list("charge__booking").annotate(Sum("cents")))
    for row in of(owed.annotate(cents=Sum("cents")), ids, "booking"):
        if row["cents"] != rests.get(row["booking"], 0):
            yield f"booking {row['booking']}: {row['cents']} advanced in the ledger"
    late = of(still.filter(charge__state=ChargeState.SUCCEEDED), ids, "charge__booking")
    yield from (
        f"advance {pk} is still owed for a charge that is paid"
        for pk in late.values_list("pk", flat=True)
    )


def _advance(advance: Advance) -> Found:
    key, cents = ledger.advance_key(advance), advance.cents
    made: dict[str, int] = {Account.ADVANCED: cents, Account.PARTNER: -cents}
    if _lines(key) != (made if advance.made_at else {}):
        yield "stands otherwise in the ledger"
    back = {account: -sum_ for account, sum_ in made.items()}
    if _lines(f"{key}-repaid") != (back if advance.repaid_at else {}):
        yield "is repaid otherwise in the ledger"
    if cents != advance.charge.partner_cents:
        yield "is not the partner's share of the charge"
    if _earned(advance=advance) != (cents if advance.made_at else 0):
        yield "has brought the partner something else"
    if _earned(set_off=advance) != (-cents if advance.repaid_at else 0):
        yield "is set off otherwise against what the customer paid"
    if advance.repaid_at and advance.charge.state != ChargeState.SUCCEEDED:
        yield "is repaid by a charge that is not paid"
    yield from _call(advance)


def _call(advance: Advance) -> Found:
    """What went over from Mila's balance is fetched back, or scheduled."""
    brought = Operation.objects.filter(
        kind="transfer", params__earning__in=_share(advance), state=OperationState.DONE
    )
    waits = advance.repaid_at and not advance.reversal_id and advance.next_at is None
    if waits and brought.exists():
        yield "is repaid, and is not fetched back"
    if advance.reversal_id and not brought.exists():
        yield "was fetched back and never brought over"
    silent = advance.operations.exclude(state__in=ANSWERED)
    if advance.next_at is None and silent.exists():
        yield "has a call without an answer that is not scheduled"


def _share(advance: Advance) -> list[int]:
    return list(Earning.objects.filter(advance=advance).values_list("pk", flat=True))


def _earned(**of_what: Advance) -> int:
    return Earning.objects.filter(**of_what).values_list("cents", flat=True).first() or 0


def _lines(key: str) -> dict[str, int]:
    return dict(LedgerEntry.objects.filter(key=key).values_list("account", "cents"))
