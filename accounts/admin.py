"""People for ops: partners and their technicians, customers, staff, and the notices that did not arrive."""

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (both register what is taken out below)
import phonenumbers
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as AuthGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts import actions, notifications
from accounts.models import (
    LANGUAGES,
    Busy,
    BusyKind,
    CustomerProfile,
    Dispatcher,
    Notification,
    NotificationState,
    PartnerProfile,
    Skill,
    SkillSearch,
    Technician,
    TechnicianSkill,
    User,
    WeeklyHours,
)
from accounts.search import lock_technician, refresh_search_rows
from mila.backoffice import (
    BAD,
    GOOD,
    WARN,
    Act,
    ActForm,
    Choice,
    Labelled,
    NativeMoment,
    ReadOnly,
    SavesOnlyChanges,
    WithActs,
    linked,
    stamp,
    toned,
)
from mila.clock import MilaNow, mila_now

# Nobody looks at or removes another person's second factor here; addresses change through the person himself.
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)
# Staff sign in by the site's own door: the admin's would let a person past his second factor (FAULT S9).
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@admin.register(Group)
class GroupAdmin(AuthGroupAdmin, ModelAdmin):
    """What a group of staff may do. Only a superuser writes rights."""

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    has_add_permission = has_delete_permission = has_change_permission


# --- People ------------------------------------------------------------------------------------------------------


@admin.register(User)
class UserAdmin(SavesOnlyChanges, ModelAdmin):
    """No password is shown or set: a person sets his own by the link "forgotten". Rights are a superuser's to give."""

    RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]
    FIXED = ["email", "last_login", "date_joined"]

    list_display = ["email", "name", "language", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_staff", "is_active", "language"]
    search_fields = ["email", "name"]
    ordering = ["-pk"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "name", "language", "is_active", ("last_login", "date_joined")]}),
        (_("Rights"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "language", "is_staff"]})]
    filter_horizontal = ["groups", "user_permissions"]

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        return self.FIXED if request.user.is_superuser else [*self.FIXED, *self.RIGHTS]

    def has_add_permission(self, request):
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        """Staff look after customers and partners; other staff only a superuser touches."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser))

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_password(None)
        super().save_model(request, obj, form, change)


@admin.register(CustomerProfile)
class CustomerProfileAdmin(ReadOnly, ModelAdmin):
    list_display = ["user", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    fields = ["user", "created_at"]
    show_full_result_count = False


# --- Partners ----------------------------------------------------------------------------------------------------


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("applied", _("Applied")), ("working", _("May be asked")), ("suspended", _("Suspended"))]

    def queryset(self, request, queryset):
        match self.value():
            case "applied":
                return queryset.filter(approved_at=None)
            case "working":
                return queryset.filter(approved_at__isnull=False, suspended_at=None, payable=True)
            case "suspended":
                return queryset.filter(suspended_at__isnull=False)
        return queryset


class DispatcherInline(Labelled, TabularInline):
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
    Act("approve", _("Approve"), "check_circle", lambda p, by, answers: actions.approve(p.pk),
        done=_("Approved. He is asked as soon as everything else is in order."),
        open_to=lambda p: p.approved_at is None,
        explain=_("You have seen identity, papers and contract. Name the documents in the reason.")),
    Act("suspend", _("Suspend"), "block", lambda p, by, answers: actions.suspend(p.pk, reason=answers["reason"]),
        done=_("Suspended. His jobs stay until you move them."), danger=True,
        open_to=lambda p: p.suspended_at is None,
        explain=_("He gets no more offers and sees no contact data from now on. He reads the reason and may appeal.")),
    Act("reinstate", _("End the suspension"), "restart_alt", lambda p, by, answers: actions.reinstate(p.pk),
        done=_("The suspension is over."), open_to=lambda p: p.suspended_at is not None),
)  # fmt: skip


@admin.register(PartnerProfile)
class PartnerAdmin(WithActs, SavesOnlyChanges, ModelAdmin):
    acts = PARTNER_ACTS
    list_display = ["name", "kind", "country", "standing", "money", "papers_valid_until"]
    list_filter = [StandingFilter, "kind", "country", "payable"]
    search_fields = ["name", "email", "technicians__name"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": [("name", "kind"), ("country", "email"), "papers_valid_until"]}),
        (_("Standing"), {"fields": [("approved_at", "suspended_at"), "suspension_reason"]}),
        (_("Payout account"), {"fields": [("payable", "stripe_account"), "created_at"]}),
    ]
    DECIDED = ["approved_at", "suspended_at", "suspension_reason", "payable", "stripe_account", "created_at"]
    inlines = [TechnicianInline, DispatcherInline]

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
        return toned(gettext("Approved"), GOOD) if partner.approved_at else toned(gettext("Applied"), WARN)

    @display(description=_("payout account"), ordering="payable")
    def money(self, partner):
        return toned(gettext("Can be paid"), GOOD) if partner.payable else toned(gettext("Not yet"), WARN)


class SkillInline(Labelled, TabularInline):
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
    """Wall time of his base; a day may have several rows."""

    model = WeeklyHours
    form = HoursForm
    verbose_name, verbose_name_plural = _("working hours"), _("working hours")
    extra = 0
    hide_title = True


class BusyInline(ReadOnly, TabularInline):
    """Jobs and absences to come; absences change by the buttons above, jobs by their booking."""

    model = Busy
    verbose_name_plural = _("calendar")
    hide_title = True
    extra = 0
    fields = readonly_fields = ["kind", "begins", "ends", "note"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(during__endswith__gt=MilaNow()).order_by("during")

    @display(description=_("from"))
    def begins(self, busy):
        return stamp(busy.during.lower)

    @display(description=_("until"))
    def ends(self, busy):
        return stamp(busy.during.upper)


class SearchRowInline(ReadOnly, TabularInline):
    """What the search reads of him; none while he may not be asked."""

    model = SkillSearch
    verbose_name_plural = _("search rows")
    hide_title = True
    extra = 0
    fields = readonly_fields = ["skill", "q", "radius_m", "valid_until", "newcomer"]


class TechnicianForm(forms.ModelForm):
    phone = forms.CharField(label=_("Phone"), widget=UnfoldAdminTextInputWidget(attrs={"type": "tel"}))
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=LANGUAGES, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def clean_phone(self):
        """A number that could exist, kept as E.164; ranges kept free for examples are none the less numbers."""
        number = to_python(self.cleaned_data["phone"])
        if not number or not phonenumbers.is_possible_number(number):
            raise forms.ValidationError(_("This is no telephone number."))
        return number

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"phone"}


class AbsenceForm(ActForm):
    starts_at = forms.DateTimeField(label=_("From"), widget=NativeMoment)
    ends_at = forms.DateTimeField(label=_("Until"), widget=NativeMoment)
    note = forms.CharField(label=_("Note"), max_length=120, required=False, widget=UnfoldAdminTextInputWidget)

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
    coming = technician.busy.filter(kind=BusyKind.ABSENCE, during__endswith__gt=mila_now())
    return coming.order_by("during")


def _away(technician, by, answers):
    actions.add_absence(technician.pk, starts_at=answers["starts_at"], ends_at=answers["ends_at"], note=answers["note"])


def _back(technician, by, answers):
    actions.remove_absence(technician.pk, int(answers["absence"]))


@admin.register(Technician)
class TechnicianAdmin(WithActs, SavesOnlyChanges, ModelAdmin):
    acts = (
        Act("away", _("Add an absence"), "event_busy", _away, form=AbsenceForm, done=_("He is away then."),
            explain=_("Times of Paris and Zurich. Nothing is offered to him in this time.")),
        Act("back", _("Remove an absence"), "event_available", _back, form=ReturnForm, done=_("He is there after all."),
            open_to=lambda technician: absences(technician).exists()),
    )  # fmt: skip
    form = TechnicianForm
    FIGURES = ["star_sum", "star_count", "promises_kept", "promises_broken", "settled_jobs"]
    list_display = ["name", "partner", "postcode", "radius_m", "active", "searched", "settled_jobs"]
    list_filter = ["active", "partner__kind", "partner__country", "skills__skill", "night_pool"]
    list_select_related = ["partner"]
    search_fields = ["name", "partner__name", "user__email", "postcode__startswith"]
    show_full_result_count = False
    autocomplete_fields = ["partner", "user"]
    fieldsets = [
        (None, {"fields": [("name", "active"), ("partner", "user"), ("phone", "languages")]}),
        (_("Area"), {"fields": [("postcode", "radius_m"), ("lat", "lon"), ("night_pool", "window_extra")]}),
        (_("Figures"), {"fields": [("star_sum", "star_count"), ("promises_kept", "promises_broken"), "settled_jobs"]}),
    ]
    inlines = [SkillInline, HoursInline, BusyInline, SearchRowInline]

    def get_queryset(self, request):
        rows = SkillSearch.objects.filter(technician=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_searched=Exists(rows))

    def get_readonly_fields(self, request, obj=None):
        return [*self.FIGURES, *(["partner", "user"] if obj else [])]

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        """Skills, hours and area are written under his lock, like his calendar (STYLE 4)."""
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


# --- Notices -----------------------------------------------------------------------------------------------------


class StaffFilter(admin.SimpleListFilter):
    title = _("needs staff")
    parameter_name = "needs"

    def lookups(self, request, model_admin):
        return [("staff", _("Failed or stuck"))]

    def queryset(self, request, queryset):
        if self.value() != "staff":
            return queryset
        return queryset.filter(pk__in=notifications.needing_staff(mila_now()).values("pk"))


def _resend(row, by, answers):
    notifications.send_again(row.pk)


@admin.register(Notification)
class NotificationAdmin(WithActs, ReadOnly, ModelAdmin):
    acts = (
        Act("resend", _("Send again"), "forward_to_inbox", _resend, done=_("It goes out now."),
            open_to=lambda row: notifications.needing_staff(mila_now()).filter(pk=row.pk).exists(),
            explain=_("It may have arrived although nobody told us: then it arrives twice.")),
    )  # fmt: skip
    list_display = ["kind", "masked_email", "shown_state", "tries", "queued_at", "sent_at", "error"]
    list_filter = [StaffFilter, "state", "language"]
    search_fields = ["kind", "email", "subject_id"]
    ordering = ["-pk"]
    show_full_result_count = False
    fields = ["kind", "subject_id", "round", "masked_email", "language", "shown_state", "tries", "due_at"]
    fields += ["queued_at", "sent_at", "reached_at", "error"]
    readonly_fields = ["masked_email", "shown_state"]

    @display(description=_("to"))
    def masked_email(self, row):
        name, _at, domain = row.email.partition("@")
        return f"{name[:1]}•••@{domain}"

    @display(description=_("state"), ordering="state")
    def shown_state(self, row):
        tone = {NotificationState.FAILED: BAD, NotificationState.SENDING: WARN, NotificationState.REACHED: GOOD}
        return toned(row.get_state_display(), tone.get(row.state, ""))
