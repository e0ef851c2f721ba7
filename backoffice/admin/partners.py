"""Partners: their standing, their payout account, their people."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from accounts import actions
from accounts.models import Dispatcher, PartnerProfile, Technician, User
from accounts.search import refresh_search_rows
from backoffice.admin import faults, payouts
from mila.adminkit.acts import (
    BAD,
    GOOD,
    WARN,
    Act,
    Labelled,
    ModelAdmin,
    ReadOnly,
    SavesOnlyChanges,
    WithActs,
    linked,
    toned,
)
from mila.adminkit.row_pickers import ReadsIds


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [
            ("applied", _("Applied")),
            ("working", _("May be asked")),
            ("suspended", _("Suspended")),
        ]

    def queryset(self, request, queryset):
        match self.value():
            case "applied":
                return queryset.filter(approved_at=None)
            case "working":
                return queryset.filter(approved_at__isnull=False, suspended_at=None, payable=True)
            case "suspended":
                return queryset.filter(suspended_at__isnull=False)
        return queryset


class DispatcherInline(Labelled, ReadsIds, TabularInline):
    model = Dispatcher
    verbose_name, verbose_name_plural = _("dispatcher"), _("dispatchers")
    extra = 0
    autocomplete_fields = ["user"]


class TechnicianInline(ReadOnly, TabularInline):
    model = Technician
    verbose_name_plural = _("technicians")
    hide_title = True
    extra = 0
    fields = readonly_fields = ["who", "postcode", "radius_m", "active", "settled_jobs"]
    ordering = ["name"]

    @display(description=_("technician"))
    def who(self, technician):
        return linked(technician, "accounts_technician_change", technician.pk)


PARTNER_ACTS = (
    Act(
        "approve",
        _("Approve"),
        "check_circle",
        lambda p, by, answers: actions.approve(p.pk),
        done=_("Approved. Offers begin as soon as everything else is in order."),
        open_to=lambda p: p.approved_at is None,
        explain=_("You have seen identity, papers and contract. Name the documents in the reason."),
    ),
)


@admin.register(PartnerProfile)
class PartnerAdmin(WithActs, SavesOnlyChanges, ModelAdmin):
    acts = (*PARTNER_ACTS, *faults.SUSPENSION_ACTS, *payouts.PARTNER_ACTS)
    list_display = ["name", "kind", "country", "standing", "money", "papers_valid_until"]
    list_filter = [StandingFilter, "kind", "country", "payable"]
    search_fields = ["name", "=email", "technicians__name"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": [("name", "kind"), ("country", "email"), "papers_valid_until"]}),
        (_("Standing"), {"fields": [("approved_at", "suspended_at"), "suspension_reason"]}),
        (_("Payout account"), {"fields": ["owner", ("payable", "stripe_account"), "created_at"]}),
    ]
    DECIDED = [
        "approved_at",
        "suspended_at",
        "suspension_reason",
        "payable",
        "stripe_account",
        "created_at",
    ]
    inlines = [TechnicianInline, DispatcherInline]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """The account is one of their own people's."""
        if db_field.name == "owner":
            partner = (
                request.resolver_match.kwargs.get("object_id", "") if request.resolver_match else ""
            )
            theirs = Q(technician__partner=partner) | Q(dispatcher__partner=partner)
            kwargs["queryset"] = (
                User.objects.filter(theirs) if partner.isdecimal() else User.objects.none()
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        """What a verb decides, and what the account at Stripe was opened for."""
        return [*self.DECIDED, *(["kind", "country"] if obj and obj.stripe_account else [])]

    def has_delete_permission(self, request, obj=None):
        return False

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        refresh_search_rows(*form.instance.technicians.all())

    @display(description=_("standing"))
    def standing(self, partner):
        if partner.suspended_at:
            return toned(gettext("Suspended"), BAD)
        return (
            toned(gettext("Approved"), GOOD)
            if partner.approved_at
            else toned(gettext("Applied"), WARN)
        )

    @display(description=_("payout account"), ordering="payable")
    def money(self, partner):
        return (
            toned(gettext("Can be paid"), GOOD)
            if partner.payable
            else toned(gettext("Not yet"), WARN)
        )
