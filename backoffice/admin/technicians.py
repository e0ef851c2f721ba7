"""Technicians: skills, hours, area, calendar, and what the search reads of them."""

import phonenumbers
from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts import actions
from accounts.models import (
    LANGUAGES,
    CalendarEntry,
    CalendarEntryKind,
    Skill,
    SkillSearch,
    Technician,
    TechnicianSkill,
    WeeklyHours,
)
from accounts.search import lock_technician, refresh_search_rows
from mila import second_factor
from mila.adminkit.acts import (
    BAD,
    Act,
    ActForm,
    Choice,
    Labelled,
    ModelAdmin,
    NativeMoment,
    ReadOnly,
    SavesOnlyChanges,
    WithActs,
    stamp,
    toned,
)
from mila.adminkit.row_pickers import ReadsIds
from mila.clock import MilaNow, mila_now
from mila.web.forms import LineField
from places.distance import neighbourhood
from requests_app.codeless import with_codeless_starts


class SkillInline(Labelled, ReadsIds, TabularInline):
    model = TechnicianSkill
    verbose_name, verbose_name_plural = _("skill"), _("skills")
    extra = 0
    hide_title = True
    autocomplete_fields = ["skill"]


class HoursForm(forms.ModelForm):
    weekday = forms.TypedChoiceField(
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=UnfoldAdminSelectWidget(attrs={"aria-label": _("Weekday")}),
    )

    class Meta:
        model = WeeklyHours
        fields = ["weekday", "opens", "closes"]


class HoursInline(Labelled, TabularInline):
    """Wall time of their base; a day may have several rows."""

    model = WeeklyHours
    form = HoursForm
    verbose_name, verbose_name_plural = _("working hours"), _("working hours")
    extra = 0
    hide_title = True


class CalendarEntryInline(ReadOnly, TabularInline):
    """Jobs and absences to come; absences change by the buttons above, jobs by their booking."""

    model = CalendarEntry
    verbose_name_plural = _("calendar")
    hide_title = True
    extra = 0
    fields = readonly_fields = ["kind", "begins", "ends", "note"]

    def get_queryset(self, request):
        return (
            super().get_queryset(request).filter(during__endswith__gt=MilaNow()).order_by("during")
        )

    @display(description=_("from"))
    def begins(self, entry):
        return stamp(entry.during.lower)

    @display(description=_("until"))
    def ends(self, entry):
        return stamp(entry.during.upper)


class SearchRowInline(ReadOnly, TabularInline):
    """What the search reads of them; none while they may not be asked."""

    model = SkillSearch
    verbose_name_plural = _("search rows")
    hide_title = True
    extra = 0
    fields = readonly_fields = ["skill", "base_score_ppm", "radius_m", "valid_until", "newcomer"]


class TechnicianForm(forms.ModelForm):
    phone = LineField(label=_("Phone"), widget=UnfoldAdminTextInputWidget(attrs={"type": "tel"}))
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=LANGUAGES,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def clean_phone(self):
        """A number that could exist, kept as E.164; ranges kept free for examples are none the less
        numbers.
        """
        number = to_python(self.cleaned_data["phone"])
        if not number or not phonenumbers.is_possible_number(number):
            raise forms.ValidationError(_("This is no telephone number."))
        return number

    def clean(self):
        """Where they live is not kept, only the neighbourhood (fault A6)."""
        found = super().clean()
        if found.get("lat") is not None and found.get("lon") is not None:
            found["lat"], found["lon"] = neighbourhood(found["lat"], found["lon"])
        return found

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"phone"}


class AbsenceForm(ActForm):
    starts_at = forms.DateTimeField(label=_("From"), widget=NativeMoment)
    ends_at = forms.DateTimeField(label=_("Until"), widget=NativeMoment)
    note = LineField(
        label=_("Note"), max_length=120, required=False, widget=UnfoldAdminTextInputWidget
    )

    def clean(self):
        answers = super().clean()
        starts_at, ends_at = answers.get("starts_at"), answers.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("The end lies before the beginning."))
        return answers


class ReturnForm(ActForm):
    absence = Choice(label=_("Absence"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["absence"].choices = [
            (one.pk, f"{stamp(one.during.lower)} – {stamp(one.during.upper)} {one.note}")
            for one in absences(self.about)
        ]


def absences(technician):
    coming = technician.calendar_entries.filter(
        kind=CalendarEntryKind.ABSENCE, during__endswith__gt=mila_now()
    )
    return coming.order_by("during")


def _away(technician, by, answers):
    actions.add_absence(
        technician.pk,
        starts_at=answers["starts_at"],
        ends_at=answers["ends_at"],
        note=answers["note"],
    )


def _back(technician, by, answers):
    actions.remove_absence(technician.pk, int(answers["absence"]))


class CodelessFilter(admin.SimpleListFilter):
    title = _("visit code")
    parameter_name = "codeless"

    def lookups(self, request, model_admin):
        return [("often", _("Often begins without it"))]

    def queryset(self, request, queryset):
        return queryset.filter(often_codeless=True) if self.value() == "often" else queryset


@display(description=_("begun without the code"), ordering="codeless_starts")
def codeless(technician):
    """So many of so many, in the policy's window."""
    if not technician.starts:
        return ""
    words = gettext("%(codeless)d of %(starts)d")
    facts = {"codeless": technician.codeless_starts, "starts": technician.starts}
    return toned(words % facts, BAD if technician.often_codeless else "")


@admin.register(Technician)
class TechnicianAdmin(WithActs, SavesOnlyChanges, ReadsIds, ModelAdmin):
    acts = (
        Act(
            "away",
            _("Add an absence"),
            "event_busy",
            _away,
            form=AbsenceForm,
            done=_("The absence is entered."),
            explain=_("Times of Paris and Zurich. Nothing is offered in this time."),
        ),
        Act(
            "back",
            _("Remove an absence"),
            "event_available",
            _back,
            form=ReturnForm,
            done=_("The absence is removed."),
            open_to=lambda technician: absences(technician).exists(),
        ),
    )
    form = TechnicianForm
    FIGURES = ["star_sum", "star_count", "promises_kept", "promises_broken", "settled_jobs"]
    list_display = [
        "name",
        "partner",
        "postcode",
        "radius_m",
        "active",
        "searched",
        "settled_jobs",
        codeless,
    ]
    list_filter = [
        "active",
        "partner__kind",
        "partner__country",
        "skills__skill",
        "night_pool",
        CodelessFilter,
    ]
    list_select_related = ["partner"]
    search_fields = ["name", "partner__name", "=user__email", "postcode__startswith"]
    show_full_result_count = False
    autocomplete_fields = ["partner", "user"]
    fieldsets = [
        (None, {"fields": [("name", "active"), ("partner", "user"), ("phone", "languages")]}),
        (
            _("Area"),
            {
                "fields": [
                    ("postcode", "radius_m"),
                    ("lat", "lon"),
                    ("night_pool", "window_extra"),
                ],
                "description": _(
                    "The point is moved to the middle of its neighbourhood, so that nobody finds a "
                    "home by asking for free times all around it."
                ),
            },
        ),
        (
            _("Figures"),
            {
                "fields": [
                    ("star_sum", "star_count"),
                    ("promises_kept", "promises_broken"),
                    "settled_jobs",
                ]
            },
        ),
    ]
    inlines = [SkillInline, HoursInline, CalendarEntryInline, SearchRowInline]

    def get_queryset(self, request):
        rows = SkillSearch.objects.filter(technician=OuterRef("pk"))
        return with_codeless_starts(
            super().get_queryset(request).annotate(is_searched=Exists(rows))
        )

    def get_readonly_fields(self, request, obj=None):
        return [*self.FIGURES, *(["partner", "user"] if obj else [])]

    def has_delete_permission(self, request, obj=None):
        return False

    def add_view(self, request, form_url="", extra_context=None):
        """Whose account it is stands on the page ever after: the factor is shown again first
        (fault A4).
        """
        second_factor.ask_again(request)
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        """Skills, hours and area are written under their lock, like their calendar."""
        if change:
            lock_technician(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        refresh_search_rows(form.instance)

    @display(description=_("is found"), boolean=True, ordering="is_searched")
    def searched(self, technician):
        return technician.is_searched


@admin.register(Skill)
class SkillAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]

    def has_delete_permission(self, request, obj=None):
        return False
