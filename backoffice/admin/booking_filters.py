"""What the list of bookings can be narrowed to."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from backoffice import wording
from payments.models import ChargeState
from requests_app.models import LIVE, State

UNPAID = (ChargeState.FAILED, ChargeState.ACTION_REQUIRED, ChargeState.UNKNOWN)
SOON = timedelta(hours=1)


class ClockFilter(admin.SimpleListFilter):
    title = _("clock")
    parameter_name = "clock"

    def lookups(self, request, model_admin):
        return [("overdue", _("Overdue")), ("hour", _("Within an hour")), ("running", _("Running"))]

    def queryset(self, request, queryset):
        match self.value():
            case "overdue":
                return queryset.filter(clock_at__lt=F("now"))
            case "hour":
                return queryset.filter(clock_at__lt=F("now") + SOON)
            case "running":
                return queryset.filter(clock_at__isnull=False)
        return queryset


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state__exact"

    def lookups(self, request, model_admin):
        return [(state.value, row.label) for state, row in wording.STATES.items()]

    def queryset(self, request, queryset):
        return queryset if self.value() is None else queryset.filter(state=self.value())


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("live", _("Under way")), ("placed", _("All but drafts"))]

    def queryset(self, request, queryset):
        match self.value():
            case "live":
                return queryset.filter(state__in=sorted(LIVE))
            case "placed":
                return queryset.exclude(state=State.DRAFT)
        return queryset


class UnpaidFilter(admin.SimpleListFilter):
    title = _("payment")
    parameter_name = "unpaid"

    def lookups(self, request, model_admin):
        return [("yes", _("Unpaid"))]

    def queryset(self, request, queryset):
        return (
            queryset.filter(charges__state__in=UNPAID).distinct()
            if self.value() == "yes"
            else queryset
        )
