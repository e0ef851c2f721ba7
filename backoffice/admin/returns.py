"""Money that goes back, for ops: refunds and disputes from the booking's page, differences with
Stripe (rule M6).
"""

from datetime import datetime
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from mila.adminkit.acts import (
    BAD,
    GOOD,
    WARN,
    Act,
    ActForm,
    Choice,
    ModelAdmin,
    ReadOnly,
    Section,
    WithActs,
    stamp,
    toned,
)
from mila.formats import money
from mila.web.forms import ProseField
from payments import comparing, disputes, refunds, shares
from payments.models import (
    DISPUTED,
    Charge,
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


# --- Refunds


def _refundable(booking: Booking) -> Charge | None:
    return next((charge for charge in booking.charges.all() if refunds.is_refundable(charge)), None)


class RefundForm(ActForm):
    """How much, and who bears it; what there is, and whose it would be, stands beside the boxes."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    service = forms.DecimalField(
        label=_("Of the price"),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    fee = Choice(
        label=_("Booking fee"),
        choices=[("no", _("Mila keeps it")), ("yes", _("Give it back as well"))],
    )
    borne = Choice(
        label=_("Who bears it"),
        choices=[
            ("both", _("Partner and Mila, as it was shared")),
            ("mila", _("Mila alone, as good will")),
        ],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4
        charge = _refundable(self.about)
        if charge is None:
            return
        back = shares.returned(charge)
        service, fee = shares.left(charge, back)
        whole = shares.shared(charge, back, service, fee)
        self.fields["service"].help_text = gettext(
            "At most %(all)s. Of all of it %(partner)s are the partner's part, and %(mila)s Mila's "
            "commission."
        ) % {
            "all": money(service, charge.currency),
            "partner": money(whole.partner_cents, charge.currency),
            "mila": money(whole.commission_cents, charge.currency),
        }
        self.fields["fee"].help_text = gettext("%(fee)s are left of it.") % {
            "fee": money(fee, charge.currency)
        }


def _refund(booking: Booking, by, answers) -> None:
    charge = booking.charges.filter(refunds__uuid=answers["key"]).first() or _refundable(booking)
    if charge is None:
        raise refunds.NothingPaid
    fee_left = shares.left(charge, shares.returned(charge))[1]
    refunds.refund(
        charge.pk,
        key=answers["key"],
        service_cents=int(answers["service"] * 100),
        booking_fee_cents=fee_left if answers["fee"] == "yes" else 0,
        by_mila=answers["borne"] == "mila",
        by=by,
        reason=answers["reason"],
    )


def _came_back(booking: Booking) -> QuerySet[Refund]:
    return Refund.objects.filter(refunds.WAITS_FOR_STAFF, charge__booking=booking)


class CameBackForm(ActForm):
    """Which one, by its amount: of a booking more than one may have come back."""

    refund = Choice(label=_("Refund"), error_messages={"invalid_choice": refunds.NotBack.sentence})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["refund"].choices = [
            (one.pk, _amount_and_day(one, self.about.timezone)) for one in _came_back(self.about)
        ]


def _amount_and_day(refund: Refund, zone: str) -> str:
    return gettext("%(amount)s, made on %(at)s") % {
        "amount": money(refund.amount_cents, refund.currency),
        "at": stamp(refund.made_at, zone),
    }


def _send_again(booking: Booking, by, answers) -> None:
    refunds.send_again(int(answers["refund"]), by=by, reason=answers["reason"])


def _paid_by_hand(booking: Booking, by, answers) -> None:
    refunds.note_paid_by_hand(int(answers["refund"]))


# --- Disputes


def _answerable(booking: Booking) -> Dispute | None:
    found = Dispute.objects.filter(charge__booking=booking, state__in=disputes.ANSWERABLE)
    return next((one for one in found if disputes.is_answerable(one)), None)


class EvidenceForm(ActForm):
    words = ProseField(
        label=_("What you add for the bank"),
        required=False,
        max_length=5000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text=_(
            "In English, without names. The pack on the booking's page goes with it, whatever you "
            "write."
        ),
    )


def _submit(booking: Booking, by, answers) -> None:
    dispute = _answerable(booking)
    if dispute is None:
        raise disputes.NotAnswerable
    disputes.submit_evidence(dispute.pk, by=by, words=answers["words"])


def _accept(booking: Booking, by, answers) -> None:
    dispute = _answerable(booking)
    if dispute is None:
        raise disputes.NotAnswerable
    disputes.accept(dispute.pk)


BOOKING_ACTS = (
    Act(
        "refund",
        _("Give money back"),
        "currency_exchange",
        _refund,
        form=RefundForm,
        danger=True,
        asks_again=True,
        open_to=lambda b: _refundable(b) is not None,
        permission="payments.change_charge",
        done=_("It is on its way to the card. The payout of this booking waits meanwhile."),
        explain=_(
            "To the card it was paid with. The customer is told by e-mail, and the partner of "
            "their part."
        ),
    ),
    Act(
        "refund-again",
        _("Send the refund again"),
        "redo",
        _send_again,
        form=CameBackForm,
        asks_again=True,
        open_to=lambda b: _came_back(b).exists(),
        permission="payments.change_charge",
        done=_("It is on its way to the card once more."),
        explain=_("The customer's bank sent it back. To the same card; no share moves again."),
    ),
    Act(
        "refund-by-hand",
        _("Note that the refund was paid from the bank"),
        "account_balance",
        _paid_by_hand,
        form=CameBackForm,
        open_to=lambda b: _came_back(b).exists(),
        permission="payments.change_charge",
        asks_again=True,
        done=_("Noted. Nothing is owed to the customer any more."),
        explain=_(
            "You have transferred it from Mila's bank account. Say in the reason when, and by "
            "which order."
        ),
    ),
    Act(
        "evidence",
        _("Send the evidence to the bank"),
        "fact_check",
        _submit,
        form=EvidenceForm,
        asks_again=True,
        open_to=lambda b: _answerable(b) is not None,
        permission="payments.change_charge",
        done=_("It is on its way. The bank decides within weeks."),
        explain=_(
            "Once and for good: the bank takes no second one. Read the pack on the booking's page "
            "first."
        ),
    ),
    Act(
        "accept-dispute",
        _("Accept the dispute"),
        "thumb_down",
        _accept,
        danger=True,
        asks_again=True,
        open_to=lambda b: _answerable(b) is not None,
        permission="payments.change_charge",
        done=_("It is given up. Partner and Mila bear their parts."),
        explain=_("The payer is right: the money stays with them. This cannot be taken back."),
    ),
)


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
