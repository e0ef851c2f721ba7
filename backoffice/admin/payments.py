"""Money for ops: everything can be seen, nothing edited; a charge is tried again by its verbs
(rule M4, M7).
"""

import json
from datetime import datetime

from django.contrib import admin
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from backoffice.admin.payment_acts import LINK, RETRY
from mila.adminkit.acts import (
    BAD,
    GOOD,
    WARN,
    ModelAdmin,
    ReadOnly,
    Section,
    WithActs,
    linked,
    stamp,
    toned,
)
from mila.formats import money
from payments import charges
from payments.models import (
    Account,
    Charge,
    ChargeState,
    LedgerEntry,
    Operation,
    OperationState,
    StripeEvent,
    WayPay,
)
from requests_app.models import Booking

TONES = {
    ChargeState.SUCCEEDED: GOOD,
    ChargeState.FAILED: BAD,
    ChargeState.ACTION_REQUIRED: BAD,
    ChargeState.UNKNOWN: WARN,
    ChargeState.HELD: WARN,
    ChargeState.OBJECTED: WARN,
}
OPERATION_TONES = {
    OperationState.DONE: GOOD,
    OperationState.FAILED: BAD,
    OperationState.UNKNOWN: WARN,
}


def charge_word(charge: Charge) -> str:
    return toned(charge.get_state_display(), TONES.get(ChargeState(charge.state), ""))


def operation_word(operation: Operation) -> str:
    return toned(
        operation.get_state_display(), OPERATION_TONES.get(OperationState(operation.state), "")
    )


# --- The chapter of a booking's story
# ----------------------------------------------------------------------------


def owed(b: Booking, at: datetime) -> Section:
    rows = [
        [
            linked(charge.get_kind_display(), "payments_charge_change", charge.pk),
            charge_word(charge),
            money(charge.amount_cents, charge.currency),
            money(charge.commission_cents, charge.currency),
            money(charge.partner_cents, charge.currency),
            charge.reminders,
            charge.failure_code,
            stamp(charge.next_at, b.timezone),
            stamp(charge.succeeded_at, b.timezone),
        ]
        for charge in b.charges.all()
    ]
    columns = [
        _("Charge"),
        _("State"),
        _("Amount"),
        _("Commission"),
        _("Partner"),
        _("Reminders"),
        _("Refused"),
    ]
    columns += [_("Next"), _("Paid")]
    return Section("money", gettext("Charges"), columns, rows)


def operations(b: Booking, at: datetime) -> Section:
    rows = [
        [
            linked(one.kind, "payments_operation_change", one.pk),
            operation_word(one),
            one.key,
            stamp(one.sent_at, b.timezone),
            stamp(one.answered_at, b.timezone),
            json.dumps(one.answer) if one.answer else "",
        ]
        for one in Operation.objects.filter(
            Q(charge__booking=b) | Q(refund__charge__booking=b) | Q(dispute__charge__booking=b)
        )
    ]
    columns = [_("Call to Stripe"), _("State"), _("Key"), _("Sent"), _("Answered"), _("Answer")]
    return Section("operations", gettext("Calls to Stripe"), columns, rows)


def way(b: Booking, at: datetime) -> Section:
    """What Mila pays for a visit in vain (rule L11)."""
    title, found = (
        gettext("Way in vain"),
        WayPay.objects.filter(booking=b).select_related("partner", "by").first(),
    )
    if found is None:
        return Section("way", title, note=gettext("Mila pays no way."))
    words = (
        gettext("waits for your decision")
        if found.cents is None
        else money(found.cents, b.currency)
    )
    facts = [
        (gettext("Mila pays"), words),
        (gettext("Partner"), found.partner),
        (gettext("Decided"), stamp(found.at, b.timezone)),
        (gettext("By"), found.by),
    ]
    return Section("way", title, facts=facts)


def shares(b: Booking, at: datetime) -> Section:
    """What the partner earned with it, and where it is (rule M5)."""
    rows = [
        [
            one.partner,
            money(one.cents, one.currency),
            stamp(one.free_at, b.timezone),
            one.get_hold_display() if one.hold else "",
            one.promised_on,
            toned(stamp(one.frozen_at, b.timezone), WARN) if one.frozen_at else "",
            linked(one.payout.get_state_display(), "payments_payout_change", one.payout.pk)
            if one.payout
            else "",
        ]
        for one in b.earnings.select_related("partner", "payout")
    ]
    columns = [
        _("Partner"),
        _("Share"),
        _("Held until"),
        _("Longer because"),
        _("Promised"),
        _("Frozen"),
        _("Payout"),
    ]
    return Section("shares", gettext("Payouts of this booking"), columns, rows)


def ledger(b: Booking, at: datetime) -> Section:
    rows = [
        [
            stamp(line.at, b.timezone),
            Account(line.account).label,
            line.partner,
            money(line.cents, line.currency),
        ]
        for line in b.ledger.select_related("partner")
    ]
    return Section(
        "ledger",
        gettext("Ledger"),
        [_("At"), _("Account"), _("Partner"), _("Debit, credit below 0")],
        rows,
    )


# --- Lists
# --------------------------------------------------------------------------------------------------


class UnpaidFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [
            ("unpaid", _("Unpaid")),
            ("waits", _("Waits for the customer")),
            ("open", _("Under way")),
            ("held", _("Held, to be decided")),
        ]

    def queryset(self, request, queryset):
        match self.value():
            case "unpaid":
                return queryset.exclude(state=ChargeState.SUCCEEDED)
            case "waits":
                return queryset.filter(state__in=charges.WAITING)
            case "open":
                return queryset.exclude(state__in=[*charges.WAITING, ChargeState.SUCCEEDED])
            case "held":
                return queryset.filter(state=ChargeState.HELD, next_at=None)
        return queryset


class OperationInline(ReadOnly, TabularInline):
    model = Operation
    extra = 0
    fields = readonly_fields = ["kind", "state", "key", "sent_at", "answered_at", "answer"]


class LedgerInline(ReadOnly, TabularInline):
    model = LedgerEntry
    extra = 0
    fields = readonly_fields = ["at", "account", "partner", "currency", "cents"]


UNPAID_FIRST = Case(
    When(state=ChargeState.SUCCEEDED, then=Value(1)), default=Value(0), output_field=IntegerField()
).asc()


@admin.register(Charge)
class ChargeAdmin(WithActs, ReadOnly, ModelAdmin):
    acts = (RETRY, LINK)
    list_display = [
        "shown_booking",
        "kind",
        "shown_state",
        "amount",
        "reminders",
        "failure_code",
        "next_at",
        "partner",
    ]
    list_filter = [UnpaidFilter, "state", "kind", "currency"]
    list_select_related = ["booking__service", "partner"]
    ordering = [UNPAID_FIRST, "-pk"]
    search_fields = ["intent_id", "=booking__customer__email", "partner__name"]
    show_full_result_count = False
    inlines = [OperationInline, LedgerInline]

    @display(description=_("booking"), ordering="booking")
    def shown_booking(self, charge):
        return str(charge.booking)

    @display(description=_("state"), ordering="state")
    def shown_state(self, charge):
        return charge_word(charge)

    @display(description=_("amount"), ordering="amount_cents")
    def amount(self, charge):
        return money(charge.amount_cents, charge.currency)


@admin.register(Operation)
class OperationAdmin(ReadOnly, ModelAdmin):
    list_display = ["kind", "key", "shown_state", "created_at", "sent_at", "answered_at"]
    list_filter = ["state", "kind"]
    search_fields = ["key"]
    ordering = ["-pk"]
    show_full_result_count = False

    @display(description=_("state"), ordering="state")
    def shown_state(self, operation):
        return operation_word(operation)


class EventFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("open", _("Not done")), ("trouble", _("With an error"))]

    def queryset(self, request, queryset):
        match self.value():
            case "open":
                return queryset.filter(done_at=None)
            case "trouble":
                return queryset.exclude(error="")
        return queryset


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, ModelAdmin):
    """The payload stays in the database: what is true is asked of Stripe anyway."""

    list_display = ["type", "stripe_id", "object_id", "received_at", "done_at", "tries", "error"]
    list_filter = [EventFilter, "type"]
    search_fields = ["stripe_id", "object_id", "account"]
    ordering = ["-pk"]
    exclude = ["payload"]
    show_full_result_count = False
