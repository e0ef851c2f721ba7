"""The ledger for ops: its lines, and the trial balance beside the last comparison with Stripe
(rule M7).
"""

from datetime import date, datetime, timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from backoffice.board_charts import DAYS, ZONE, Chart, chart_of
from mila.adminkit.acts import ModelAdmin, ReadOnly, Section, linked, stamp
from mila.clock import mila_now
from mila.formats import money
from payments.models import Comparison, Difference, LedgerEntry
from payments.trial_balance import TrialBalance, trial_balances, weeks
from places.calendar import midnight, wall_time


def balance_chapters() -> list[Section]:
    chapters = []
    for found in trial_balances():
        columns = [_("Account"), _("Debit"), _("Credit"), _("Balance")]
        named = [(row.account.label, row) for row in found.rows] + [(gettext("Total"), found.total)]
        rows = [
            [
                label,
                *(
                    money(cents, found.currency)
                    for cents in (row.debit_cents, row.credit_cents, row.balance_cents)
                ),
            ]
            for label, row in named
        ]
        chapters.append(Section(f"balance-{found.currency}", found.currency, columns, rows))
        if found.debtors:
            owing = [[name, money(cents, found.currency)] for name, cents in found.debtors]
            title = gettext("Partners who owe Mila, %(currency)s") % {"currency": found.currency}
            chapters.append(
                Section(f"debtors-{found.currency}", title, [_("Partner"), _("Debt")], owing)
            )
        if found.advances:
            chapters.append(_advances(found))
    last = Comparison.objects.exclude(ended_at=None).order_by("-pk").first()
    facts = [
        (gettext("Last compared with Stripe"), stamp(last.ended_at) if last else ""),
        (gettext("New lines then"), str(last.lines) if last else ""),
        (gettext("Open differences"), str(Difference.objects.filter(closed_at=None).count())),
    ]
    return [*chapters, Section("comparison", gettext("Comparison with Stripe"), facts=facts)]


def _advances(found: TrialBalance) -> Section:
    title = gettext("Advanced, and not paid by the customer, %(currency)s") % {
        "currency": found.currency
    }
    rows = [
        [
            linked(one.charge.booking, "requests_app_booking_change", one.charge.booking_id),
            one.charge.partner,
            money(one.cents, found.currency),
            stamp(one.made_at),
        ]
        for one in found.advances
    ]
    columns = [_("Booking"), _("Partner"), _("Advanced"), _("Since")]
    return Section(f"advances-{found.currency}", title, columns, rows)


def week_charts(at: datetime) -> list[Chart]:
    """Of each currency the last weeks: what customers paid, and what Mila earned by it."""
    monday = wall_time(at, ZONE).date()
    monday -= timedelta(days=monday.weekday())
    mondays = [monday - timedelta(weeks=back) for back in range(DAYS - 1, -1, -1)]
    since = midnight(mondays[0], ZONE)
    charts = []
    for currency, found in sorted(weeks(since, ZONE).items()):
        paid = {week: one.paid_cents for week, one in found.items()}
        earned = {week: one.earned_cents for week, one in found.items()}
        charts += [
            _week_chart(
                gettext("Paid by customers this week"), mondays, paid, currency, gettext("charged")
            ),
            _week_chart(
                gettext("Earned by Mila this week"),
                mondays,
                earned,
                currency,
                gettext("commission and booking fees, less what was given back"),
            ),
        ]
    return charts


def _week_chart(
    title: str, mondays: list[date], cents: dict[date, int], currency: str, words: str
) -> Chart:
    return chart_of(
        title,
        mondays,
        cents,
        max([*cents.values(), 1]),
        lambda one: money(one, currency),
        words,
        gettext("The last weeks by their Mondays, this one on the right."),
    )


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly, ModelAdmin):
    list_display = ["at", "account", "sum", "shown_booking", "partner", "key"]
    list_filter = ["account", "currency"]
    list_select_related = ["booking__service", "partner"]
    search_fields = ["key", "partner__name"]
    ordering = ["-pk"]
    show_full_result_count = False
    list_before_template = "admin/payments/ledgerentry/_to_balance.html"

    def get_urls(self):
        view = self.admin_site.admin_view(self.balance_view)
        return [path("balance/", view, name="payments_ledgerentry_balance"), *super().get_urls()]

    def balance_view(self, request):
        """The trial balance of each currency, who owes Mila, and how the last comparison with
        Stripe went.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Trial balance"),
            "opts": self.opts,
            "chapters": balance_chapters(),
            "charts": week_charts(mila_now()),
            "differences": reverse("admin:payments_difference_changelist") + "?standing=open",
        }
        return TemplateResponse(request, "admin/payments/ledgerentry/trial_balance.html", context)

    @display(description=_("debit, credit below 0"), ordering="cents")
    def sum(self, line):
        return money(line.cents, line.currency)

    @display(description=_("booking"))
    def shown_booking(self, line):
        return str(line.booking or "")
