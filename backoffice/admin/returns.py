"""Money that goes back, for ops: refunds and disputes from the booking's page, differences with
Stripe (rule M6).
"""

from datetime import datetime

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from mila.adminkit.acts import (
    BAD,
    GOOD,
    WARN,
    Act,
    ModelAdmin,
    ReadOnly,
    Section,
    WithActs,
    stamp,
    toned,
)
from mila.formats import money
from payments import comparing, disputes, refunds
from payments.models import (
    DISPUTED,
    Difference,
    Dispute,
    DisputeState,
    Refund,
    RefundOrigin,
    RefundState,
)
from requests_app.models import Booking

TONES = {
    RefundState.DONE: GOOD,
    RefundState.CAME_BACK: BAD,
    RefundState.REFUSED: BAD,
    RefundState.UNKNOWN: WARN,
    DisputeState.WON: GOOD,
    DisputeState.CLOSED: GOOD,
    DisputeState.LOST: BAD,
    DisputeState.OPEN: BAD,
    DisputeState.INQUIRY: WARN,
}


# --- The chapters of a booking's story


def refunded(b: Booking, at: datetime) -> Section:
    """Both parts of each refund, and what Stripe moves for them."""
    found = Refund.objects.filter(charge__booking=b).select_related("by")
    rows = [
        [
            toned(one.get_state_display(), TONES.get(RefundState(one.state), "")),
            money(one.amount_cents, one.currency),
            money(one.partner_cents, one.currency),
            money(one.amount_cents - one.partner_cents, one.currency),
            money(one.reversal_cents, one.currency),
            money(one.fee_cents, one.currency),
            one.reason if one.origin == RefundOrigin.OPS else RefundOrigin(one.origin).label,
            one.by or "",
            stamp(one.made_at, b.timezone),
            one.failure_code
            or (stamp(one.by_hand_at, b.timezone) and gettext("paid from the bank")),
        ]
        for one in found
    ]
    columns = [
        _("Refund"),
        _("Amount"),
        _("Partner's part"),
        _("Mila's part"),
        _("Transfer reversed"),
    ]
    columns += [_("Fee given back"), _("Reason"), _("By"), _("Made"), _("Then")]
    return Section("refunds", gettext("Refunds"), columns, rows)


def contested(b: Booking, at: datetime) -> Section:
    """Each dispute, and the pack as it would go to the bank, or went."""
    found = list(
        Dispute.objects.filter(charge__booking=b).select_related("charge__booking", "submitted_by")
    )
    rows = [
        [
            toned(one.get_state_display(), TONES.get(DisputeState(one.state), "")),
            money(one.amount_cents, one.currency),
            one.reason.replace("_", " "),
            stamp(one.answer_by, b.timezone) if one.state in DISPUTED else "",
            stamp(one.submitted_at, b.timezone),
            one.submitted_by or "",
            money(one.partner_cents, one.currency) if one.state == DisputeState.LOST else "",
            money(one.amount_cents - one.partner_cents, one.currency)
            if one.state == DisputeState.LOST
            else "",
        ]
        for one in found
    ]
    columns = [
        _("Dispute"),
        _("Amount"),
        _("The payer says"),
        _("Answer by"),
        _("Evidence sent"),
        _("By"),
    ]
    columns += [_("Partner's part"), _("Mila's part")]
    folds = [
        (
            gettext("Evidence, as it was sent")
            if one.evidence
            else gettext("Evidence, as it would be sent"),
            _pack(one),
        )
        for one in found
        if one.evidence or one.state in disputes.ANSWERABLE
    ]
    return Section("disputes", gettext("Disputes"), columns, rows, folds=folds)


def _pack(dispute: Dispute) -> str:
    said = dispute.evidence or disputes.pack(dispute.charge)
    return "\n\n".join(f"{name.replace('_', ' ').upper()}\n{text}" for name, text in said.items())


# --- Lists


class OpenFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("open", _("Needs you"))]


class CameBackFilter(OpenFilter):
    def queryset(self, request, queryset):
        if self.value() == "open":
            return queryset.filter(refunds.WAITS_FOR_STAFF)
        return queryset


class AnswerFilter(OpenFilter):
    def queryset(self, request, queryset):
        return (
            queryset.filter(state__in=disputes.ANSWERABLE) if self.value() == "open" else queryset
        )


class DifferenceFilter(OpenFilter):
    def queryset(self, request, queryset):
        return queryset.filter(closed_at=None) if self.value() == "open" else queryset


@admin.register(Refund)
class RefundAdmin(ReadOnly, ModelAdmin):
    list_display = [
        "shown_booking",
        "shown_state",
        "amount",
        "origin",
        "by",
        "created_at",
        "failure_code",
    ]
    list_filter = [CameBackFilter, "state", "origin", "currency"]
    list_select_related = ["charge__booking__service", "by"]
    search_fields = ["stripe_id"]
    ordering = ["-pk"]
    show_full_result_count = False

    @display(description=_("booking"))
    def shown_booking(self, refund):
        return str(refund.charge.booking)

    @display(description=_("state"), ordering="state")
    def shown_state(self, refund):
        return toned(refund.get_state_display(), TONES.get(RefundState(refund.state), ""))

    @display(description=_("amount"), ordering="amount_cents")
    def amount(self, refund):
        return money(refund.amount_cents, refund.currency)


@admin.register(Dispute)
class DisputeAdmin(ReadOnly, ModelAdmin):
    list_display = ["shown_booking", "shown_state", "amount", "reason", "answer_by", "submitted_at"]
    list_filter = [AnswerFilter, "state", "currency"]
    list_select_related = ["charge__booking__service"]
    search_fields = ["stripe_id"]
    ordering = ["-pk"]
    exclude = ["evidence"]
    show_full_result_count = False

    @display(description=_("booking"))
    def shown_booking(self, dispute):
        return str(dispute.charge.booking)

    @display(description=_("state"), ordering="state")
    def shown_state(self, dispute):
        return toned(dispute.get_state_display(), TONES.get(DisputeState(dispute.state), ""))

    @display(description=_("amount"), ordering="amount_cents")
    def amount(self, dispute):
        return money(dispute.amount_cents, dispute.currency)


@admin.register(Difference)
class DifferenceAdmin(WithActs, ReadOnly, ModelAdmin):
    acts = (
        Act(
            "close",
            _("Close the difference"),
            "task_alt",
            lambda row, by, answers: comparing.close(row.pk, by=by),
            done=_("Closed. If it is still there at night, it opens again."),
            asks_again=True,
            open_to=lambda row: row.closed_at is None,
            permission="payments.change_difference",
            explain=_(
                "You have found out why the two differ, and it is settled. Say in the reason how."
            ),
        ),
    )
    list_display = [
        "kind",
        "type",
        "source",
        "ours",
        "stripes",
        "found_at",
        "closed_at",
        "closed_by",
    ]
    list_filter = [DifferenceFilter, "kind", "currency"]
    list_select_related = ["closed_by"]
    search_fields = ["source"]
    ordering = ["-pk"]
    show_full_result_count = False

    @display(description=_("in the ledger"))
    def ours(self, row):
        return money(row.ours_cents, row.currency)

    @display(description=_("at Stripe"))
    def stripes(self, row):
        return money(row.stripes_cents, row.currency)
