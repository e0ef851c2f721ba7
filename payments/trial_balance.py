"""The trial balance: what each account of the ledger has had in debit and credit, and that it all
comes to nothing; and what came in by the week.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.db.models.functions import TruncWeek

from payments.models import Account, Advance, LedgerEntry


@dataclass(frozen=True)
class Row:
    account: Account
    debit_cents: int
    credit_cents: int

    @property
    def balance_cents(self) -> int:
        return self.debit_cents - self.credit_cents


@dataclass(frozen=True)
class TrialBalance:
    """Of one currency. `debtors`: partners who owe Mila, with how much (fault M15). `advances`:
    what Mila has paid partners for charges that are not paid, the oldest first (rule M4).
    """

    currency: str
    rows: list[Row]
    debtors: list[tuple[str, int]]
    advances: list[Advance]

    @property
    def total(self) -> Row:
        debit, credit = (
            sum(getattr(row, name) for row in self.rows) for name in ("debit_cents", "credit_cents")
        )
        return Row(Account.STRIPE, debit, credit)


def trial_balances() -> list[TrialBalance]:
    """One for each currency there is. Three queries."""
    lines = LedgerEntry.objects.order_by().values("currency", "account")
    sums = lines.annotate(
        debit=Sum("cents", filter=Q(cents__gt=0), default=0),
        credit=Sum("cents", filter=Q(cents__lt=0), default=0),
    )
    found: dict[str, dict[str, Row]] = {}
    for row in sums:
        account = Account(row["account"])
        found.setdefault(row["currency"], {})[account] = Row(account, row["debit"], -row["credit"])
    partners = (
        LedgerEntry.objects.filter(account=Account.PARTNER)
        .order_by()
        .values("currency", "partner__name")
    )
    owing = partners.annotate(cents=Sum("cents")).filter(cents__gt=0).order_by("-cents")
    debtors: dict[str, list[tuple[str, int]]] = {}
    for one in owing:
        debtors.setdefault(one["currency"], []).append((one["partner__name"], one["cents"]))
    open_ = Advance.objects.filter(made_at__isnull=False, repaid_at=None)
    advances: dict[str, list[Advance]] = {}
    for advance in open_.select_related("charge__booking__service", "charge__partner"):
        advances.setdefault(advance.charge.currency, []).append(advance)
    return [
        TrialBalance(
            currency,
            [rows[account] for account in Account if account in rows],
            debtors.get(currency, []),
            advances.get(currency, []),
        )
        for currency, rows in sorted(found.items())
    ]


@dataclass(frozen=True)
class Week:
    """What customers paid, and what of it Mila earned, less what was given back of it."""

    paid_cents: int
    earned_cents: int


def weeks(since: datetime, zone: str) -> dict[str, dict[date, Week]]:
    """By currency and Monday, on the wall of `zone`. One query."""
    paid = Q(account=Account.STRIPE, charge__isnull=False)
    earned = Q(account__in=[Account.COMMISSION, Account.BOOKING_FEE])
    rows = (
        LedgerEntry.objects.filter(paid | earned, at__gte=since)
        .order_by()
        .annotate(week=TruncWeek("at", tzinfo=ZoneInfo(zone)))
        .values("currency", "week")
        .annotate(
            paid=Sum("cents", filter=paid, default=0), earned=Sum("cents", filter=earned, default=0)
        )
    )
    found: dict[str, dict[date, Week]] = {}
    for row in rows:
        by_week = found.setdefault(row["currency"], {})
        by_week[row["week"].date()] = Week(row["paid"], -row["earned"])
    return found
