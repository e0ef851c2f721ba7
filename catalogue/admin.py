"""The catalogue and the policy for ops. Prices and figures are dated rows: a new one replaces, none is rewritten."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalogue.models import Category, Package, PackagePrice, PolicyRow, Service, ServicePrice
from catalogue.policy import Policy
from mila.backoffice import AsksAgain, ModelAdmin, ReadsIds
from mila.clock import mila_now

LANGUAGES = settings.LANGUAGES


def by_language(facts: list[str], texts: list[str]) -> list:
    """The facts, then one tab for each language (modeltranslation's own tabs fetch jQuery from elsewhere)."""
    tabs = [(name, {"classes": ["tab"], "fields": [f"{text}_{code}" for text in texts]}) for code, name in LANGUAGES]
    return [(None, {"fields": facts}), *tabs]


class OnlyGrows:
    """Rows are added; those in force are history, those to come may still be taken back."""

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.starts_at > mila_now())


class PriceInline(TabularInline):
    """Prices of the thing on the page; past ones are shown, new ones added."""

    fields = ["country", "currency", "price_cents", "starts_at"]
    extra = 0

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ServicePriceInline(PriceInline):
    model = ServicePrice


class PackagePriceInline(PriceInline):
    model = PackagePrice


@admin.register(Category)
class CategoryAdmin(ReadsIds, ModelAdmin, TranslationAdmin):
    fieldsets = by_language(["slug", "icon", "position"], ["name", "hurt"])
    list_display = ["name", "slug", "position"]
    ordering = ["position"]


@admin.register(Service)
class ServiceAdmin(ReadsIds, ModelAdmin, TranslationAdmin):
    fieldsets = by_language(
        ["slug", "category", "skill", "duration_minutes", "active", "position"],
        ["name", "summary", "included", "not_included", "tools", "steps", "prepare", "search_words"],
    )
    list_display = ["name", "category", "skill", "duration_minutes", "active"]
    list_filter = ["category", "skill", "active"]
    list_select_related = ["category", "skill"]
    search_fields = ["slug", "name", "search_words"]
    inlines = [ServicePriceInline]


@admin.register(Package)
class PackageAdmin(ReadsIds, ModelAdmin, TranslationAdmin):
    fieldsets = by_language(["slug", "services", "duration_minutes", "active", "position"], ["name", "summary"])
    list_display = ["name", "duration_minutes", "active"]
    list_filter = ["active", "services"]
    search_fields = ["slug", "name"]
    filter_horizontal = ["services"]
    inlines = [PackagePriceInline]


@admin.register(ServicePrice)
class ServicePriceAdmin(OnlyGrows, ReadsIds, ModelAdmin):
    list_display = ["service", "country", "currency", "price_cents", "starts_at"]
    list_filter = ["country", "service__category"]
    list_select_related = ["service"]
    autocomplete_fields = ["service"]
    search_fields = ["service__slug"]


@admin.register(PackagePrice)
class PackagePriceAdmin(OnlyGrows, ReadsIds, ModelAdmin):
    list_display = ["package", "country", "currency", "price_cents", "starts_at"]
    list_filter = ["country"]
    list_select_related = ["package"]
    autocomplete_fields = ["package"]
    search_fields = ["package__slug"]


def _figures() -> list[tuple[str, str]]:
    return [(key, f"{key} ({value})") for key, value in Policy().to_json().items()]


class FigureField(forms.JSONField):
    """One line of JSON, empty before anything is written."""

    def prepare_value(self, value):
        return "" if value is None else super().prepare_value(value)


class PolicyRowForm(forms.ModelForm):
    key = forms.ChoiceField(
        label=_("figure"),
        choices=_figures,
        widget=UnfoldAdminSelectWidget,
        help_text=_("With its default. Spans are seconds, hours of the day “08:00”, amounts cents."),
    )

    value = FigureField(label=_("value"), widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = PolicyRow
        fields = ["key", "value", "country", "partner_kind", "brand", "starts_at", "note"]


@admin.register(PolicyRow)
class PolicyRowAdmin(AsksAgain, OnlyGrows, ReadsIds, ModelAdmin):
    form = PolicyRowForm
    list_display = ["key", "value", "country", "partner_kind", "brand", "starts_at", "set_by", "note"]
    list_filter = ["country", "partner_kind"]
    list_select_related = ["set_by"]
    search_fields = ["key", "note"]

    def save_model(self, request, obj, form, change):
        obj.set_by = request.user
        super().save_model(request, obj, form, change)
