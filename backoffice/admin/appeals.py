"""Customers' appeals against our decisions, on the booking's page: decided by somebody else than
who decided first, and what goes back by the same act (rule L17, M6).
"""

from django.contrib import admin
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.admin.return_acts import MoneyBackForm, money_back
from mila.adminkit.acts import Act
from mila.clock import mila_now
from mila.formats import money
from payments import appeals, refunds, shares
from requests_app.models import Booking, DecisionAppeal


def open_appeal(booking: Booking) -> DecisionAppeal | None:
    return DecisionAppeal.objects.filter(booking=booking, verdict="").first()


class AppealOverturnForm(MoneyBackForm):
    """What there is stands beside the box."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        charge = refunds.refundable_charge(self.about)
        if charge is None:
            self.fields["service"].help_text = gettext(
                "Nothing is paid yet, so nothing can go back: wait for the payment."
            )
            return
        service, _fee = shares.left(charge, shares.returned(charge))
        self.fields["service"].help_text = gettext("At most %(all)s.") % {
            "all": money(service, charge.currency)
        }


def _overturn(booking: Booking, by, answers) -> None:
    found = open_appeal(booking)
    if found is None:
        return
    appeals.overturn(
        found.pk,
        reason=answers["reason"],
        by=by,
        **money_back(answers, refunds.refundable_charge(booking)),
    )


def _uphold(booking: Booking, by, answers) -> None:
    if (found := open_appeal(booking)) is not None:
        appeals.uphold(found.pk, reason=answers["reason"], by=by)


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
        done=_("Taken back. The money is on its way to the card, and the customer is told."),
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
