"""The catalogue for ops. Prices are dated rows: a new one replaces, none is rewritten."""

from django.conf import settings
from django.contrib import admin
from modeltranslation.admin import TranslationAdmin
from unfold.admin import TabularInline

from catalogue.models import (
    Category,
    Checklist,
    Package,
    PackagePrice,
    Question,
    Service,
    ServicePrice,
    Topic,
    TopicLead,
)
from mila.adminkit.acts import ModelAdmin, OnlyGrows
from mila.adminkit.row_pickers import ReadsIds

LANGUAGES = settings.LANGUAGES


def by_language(facts: list[str], texts: list[str]) -> list:
    """The facts, then one tab for each language (modeltranslation's own tabs fetch jQuery from
    elsewhere).
    """
    tabs = [
        (name, {"classes": ["tab"], "fields": [f"{text}_{code}" for text in texts]})
        for code, name in LANGUAGES
    ]
    return [(None, {"fields": facts}), *tabs]


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
        [
            "name",
            "summary",
            "included",
            "not_included",
            "tools",
            "steps",
            "prepare",
            "search_words",
        ],
    )
    list_display = ["name", "category", "skill", "duration_minutes", "active"]
    list_filter = ["category", "skill", "active"]
    list_select_related = ["category", "skill"]
    search_fields = ["slug", "name", "search_words"]
    inlines = [ServicePriceInline]


@admin.register(Package)
class PackageAdmin(ReadsIds, ModelAdmin, TranslationAdmin):
    fieldsets = by_language(
        ["slug", "services", "duration_minutes", "active", "position"], ["name", "summary"]
    )
    list_display = ["name", "duration_minutes", "active"]
    list_filter = ["active", "services"]
    search_fields = ["slug", "name"]
    filter_horizontal = ["services"]
    inlines = [PackagePriceInline]


@admin.register(Checklist)
class ChecklistAdmin(OnlyGrows, ReadsIds, ModelAdmin, TranslationAdmin):
    """A new version takes the place of the former; none is rewritten, since ticks refer to it."""

    fieldsets = by_language(["service", "part", "version", "starts_at"], ["items"])
    list_display = ["part", "service", "version", "starts_at"]
    list_filter = ["part"]
    list_select_related = ["service"]
    autocomplete_fields = ["service"]
    search_fields = ["service__slug"]


@admin.register(Question)
class QuestionAdmin(ReadsIds, ModelAdmin, TranslationAdmin):
    """What a service asks while it is booked; a booking keeps the words it
    was asked in (rule B13).
    """

    fieldsets = by_language(
        ["slug", "kind", "services", "active", "position"], ["words", "options"]
    )
    list_display = ["words", "kind", "position", "active"]
    list_filter = ["kind", "active", "services"]
    search_fields = ["slug", "words"]
    filter_horizontal = ["services"]


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


class TopicLeadInline(TabularInline):
    model = TopicLead
    fields = ["service", "percent"]
    extra = 0


@admin.register(Topic)
class TopicAdmin(ReadsIds, ModelAdmin, TranslationAdmin):
    """What people name when they search, and where it leads them."""

    fieldsets = by_language(["slug", "kind", "brands"], ["name", "words"])
    list_display = ["slug", "kind", "name"]
    list_filter = ["kind"]
    search_fields = ["slug", "name", "brands", "words"]
    inlines = [TopicLeadInline]
