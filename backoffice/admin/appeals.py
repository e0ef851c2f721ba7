"""Customers' appeals against our decisions, on the booking's page: decided by somebody else than
who decided first, and what goes back by the same act (rule L17, M6).
"""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.admin.payouts import StripeSilent
from backoffice.admin.return_acts import MoneyBackForm, money_back
from mila.adminkit.acts import Act
from mila.clock import mila_now
from mila.formats import money
from payments import appeals, gateway, refunds, shares
from requests_app.actions import contesting
from requests_app.models import Booking, DecisionAppeal


def open_appeal(booking: Booking) -> DecisionAppeal | None:
    return DecisionAppeal.objects.filter(booking=booking, verdict="").first()


class AppealOverturnForm(MoneyBackForm):
    """How much goes back of what was paid; of what was not, how much is owed instead. What there is
    stands beside the box.
    """

    owed = forms.DecimalField(
        label=_("What is owed instead"),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not appeals.is_paid(self.about):
            self._ask_what_is_owed()
            return
        del self.fields["owed"]
        charge = refunds.refundable_charge(self.about)
        if charge is None:
            return
        service, _fee = shares.left(charge, shares.returned(charge))
        self.fields["service"].help_text = gettext("At most %(all)s.") % {
            "all": money(service, charge.currency)
        }

    def _ask_what_is_owed(self) -> None:
        """Nobody has paid it, so nothing can go back, and who bears it is no question."""
        for name in ("service", "fee", "borne"):
            del self.fields[name]
        self.fields["owed"].help_text = gettext(
            "Nothing is paid yet. Less than %(all)s, which were decided, without the booking fee; "
            "with 0 nothing is owed at all, no booking fee either. The open charge is changed."
        ) % {"all": money(contesting.price_cents(self.about), self.about.currency)}


def _overturn(booking: Booking, by, answers) -> None:
    found = open_appeal(booking)
    if found is None:
        return
    if "owed" in answers:
        _overturn_unpaid(found, by, answers)
        return
    appeals.overturn(
        found.pk,
        reason=answers["reason"],
        by=by,
        **money_back(answers, refunds.refundable_charge(booking)),
    )


def _overturn_unpaid(found: DecisionAppeal, by, answers) -> None:
    owed = int(answers["owed"] * 100)
    try:
        appeals.overturn_unpaid(found.pk, reason=answers["reason"], by=by, service_cents=owed)
    except gateway.GatewayError as error:
        raise StripeSilent from error


def _uphold(booking: Booking, by, answers) -> None:
    if (found := open_appeal(booking)) is not None:
        try:
            appeals.uphold(found.pk, reason=answers["reason"], by=by)
        except gateway.GatewayError as error:
            raise StripeSilent from error


BOOKING_ACTS = (
    Act(
        "appeal-overturn",
        _("Take the decision back"),
        "undo",
        _overturn,
        form=AppealOverturnForm,
        danger=True,
        asks_again=True,
        open_to=lambda b: open_appeal(b) is not None,
        permission="payments.change_charge",
        done=_(
            "Taken back, and the customer is told. What was paid is on its way to the card; what "
            "was not is owed no more."
        ),
        explain=_("The customer reads your reason. Who has decided it first cannot do this."),
    ),
    Act(
        "appeal-uphold",
        _("Let the decision stand"),
        "gavel",
        _uphold,
        asks_again=True,
        open_to=lambda b: open_appeal(b) is not None,
        permission="payments.change_charge",
        done=_("It stays. The customer is told, with your reason."),
        explain=_("The customer reads your reason. Who has decided it first cannot do this."),
    ),
)


class AppealFilter(admin.SimpleListFilter):
    title = pgettext_lazy("of a customer", "appeal")
    parameter_name = "appeal"

    def lookups(self, request, model_admin):
        return [("open", _("To be decided")), ("late", _("Overdue"))]

    def queryset(self, request, queryset):
        waits = DecisionAppeal.objects.filter(verdict="")
        if self.value() == "late":
            waits = waits.filter(due_at__lte=mila_now())
        return queryset.filter(pk__in=waits.values("booking")) if self.value() else queryset
