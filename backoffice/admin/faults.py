"""The ledger of faults, the desk of appeals, and what becomes of a suspended partner's jobs
(rule L17, P3).
"""

from django.contrib import admin
from django.http import Http404
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts import actions
from accounts.models import PartnerProfile, Suspension
from customer.views.photos import shown
from mila import second_factor
from mila.adminkit.acts import (
    BAD,
    GOOD,
    QUIET,
    WARN,
    Act,
    ActForm,
    Choice,
    ModelAdmin,
    ReadOnly,
    WithActs,
    linked,
    stamp,
    toned,
)
from mila.clock import mila_now
from mila.errors import Refusal
from mila.formats import moment
from mila.transactions import verb
from mila.web.forms import ProseField
from payments import ways
from requests_app import access
from requests_app.actions import appealing, suspending
from requests_app.models import AT_WORK, Appeal, Fault, FaultEntry, PhotoSize, Verdict

# --- Suspending, with a decision for each running job
# --------------------------------------------------------------

OFFER, KEEP = "offer", "keep"


class JobsChanged(Refusal):
    sentence = _("Their jobs have changed meanwhile. Please decide about each of them.")


class SuspendForm(ActForm):
    """Why, what it rests on, and for each running job whether others are
    asked or it stays theirs.
    """

    evidence = ProseField(
        label=_("What it rests on"),
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Bookings, messages, papers: the partner reads it and can answer it."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for booking in suspending.running_jobs(self.about):
            choices = [
                ("", "\N{EN DASH}"),
                (OFFER, _("Offer it to others")),
                (KEEP, _("Leave it to them")),
            ]
            if booking.state in AT_WORK:  # somebody is there, or on the way
                choices.pop(1)
            words = (
                f"{booking.number}, {booking.service}, {moment(booking.start_at, booking.timezone)}"
            )
            self.fields[f"job_{booking.pk}"] = Choice(label=words, choices=choices)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


def _suspend(partner: PartnerProfile, by, answers) -> None:
    """The suspension first, each job after it by itself: what is not reached stays on the board
    (rule P3).
    """
    decided = {int(name[4:]): value for name, value in answers.items() if name.startswith("job_")}
    jobs = {booking.pk: booking for booking in suspending.running_jobs(partner)}
    if jobs.keys() - decided.keys():
        raise JobsChanged
    actions.suspend(partner.pk, reason=answers["reason"], evidence=answers["evidence"], by=by)
    for pk, booking in jobs.items():
        try:
            if decided[pk] == OFFER:
                suspending.offer_to_others(
                    pk, booking.technician_id, by=by, reason=answers["reason"]
                )
            else:
                suspending.keep(pk)
        except Refusal:  # it has moved on in this moment; if it is still theirs, the board says so
            continue


SUSPENSION_ACTS = (
    Act(
        "suspend",
        _("Suspend"),
        "block",
        _suspend,
        form=SuspendForm,
        danger=True,
        asks_again=True,
        done=_("Suspended. The partner is told, and how to appeal."),
        open_to=lambda p: p.suspended_at is None,
        explain=_(
            "No more offers and no contact data from now on. The partner reads reason and evidence "
            "and may "
            "appeal. You decide here about each running job."
        ),
    ),
    Act(
        "reinstate",
        _("End the suspension"),
        "restart_alt",
        lambda p, by, answers: actions.reinstate(p.pk, reason=answers["reason"], by=by),
        done=_("The suspension is over."),
        asks_again=True,
        open_to=lambda p: p.suspended_at is not None,
    ),
)

JOB_ACTS = (
    Act(
        "keep-suspended",
        _("Leave it to the suspended partner"),
        "person_check",
        lambda b, by, answers: suspending.keep(b.pk),
        done=_("The technician does this job still, and sees what it takes."),
        open_to=suspending.waits_for_decision,
        asks_again=True,
        explain=_(
            "They see the customer's contact data again, for this job alone. To give it to others, "
            "take it "
            "from the partner."
        ),
    ),
)


class SuspendedJobsFilter(admin.SimpleListFilter):
    title = _("suspended partner")
    parameter_name = "suspended"

    def lookups(self, request, model_admin):
        return [("undecided", _("Job not decided"))]

    def queryset(self, request, queryset):
        if self.value() != "undecided":
            return queryset
        return queryset.filter(pk__in=suspending.undecided_jobs().values("pk"))


# --- The desk of appeals
# -------------------------------------------------------------------------------------------


class OverturnForm(ActForm):
    """What is given back: figures always, money where the visit in vain cost them their way."""

    who = Choice(
        label=_("Who caused it"), choices=[one for one in Fault.choices if one[0] != Fault.PARTNER]
    )
    paid = Choice(
        label=_("Their way"),
        choices=[("no", _("Nobody pays")), ("yes", _("Mila pays the partner"))],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.about.fault is None:
            del self.fields["who"], self.fields["paid"]


@verb
def _overturn(appeal: Appeal, by, answers) -> None:
    """Figures and money in one transaction."""
    appealing.decide(
        appeal.pk,
        verdict=Verdict.OVERTURNED,
        reason=answers["reason"],
        by=by,
        who=answers.get("who", ""),
    )
    if answers.get("paid") == "yes":
        ways.pay_on_appeal(appeal.fault.booking_id, appeal.partner, by=by)


def _uphold(appeal: Appeal, by, answers) -> None:
    appealing.decide(appeal.pk, verdict=Verdict.UPHELD, reason=answers["reason"], by=by)


def is_open(appeal: Appeal) -> bool:
    return not appeal.verdict


class WaitingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("open", _("To be decided")), ("late", _("Overdue")), ("decided", _("Decided"))]

    def queryset(self, request, queryset):
        match self.value():
            case "open":
                return queryset.filter(verdict="")
            case "late":
                return queryset.filter(verdict="", due_at__lte=mila_now())
            case "decided":
                return queryset.exclude(verdict="")
        return queryset


@admin.register(Appeal)
class AppealAdmin(WithActs, ReadOnly, ModelAdmin):
    """Against what, on which evidence, in whose words; decided by a person, with a reason, within
    the days promised.
    """

    acts = (
        Act(
            "overturn",
            _("Overturn"),
            "undo",
            _overturn,
            form=OverturnForm,
            open_to=is_open,
            asks_again=True,
            done=_("Taken back. The figures are as before, and the partner is told."),
            explain=_(
                "The fault counts no more, or the suspension ends. The partner reads your reason."
            ),
        ),
        Act(
            "uphold",
            _("Uphold"),
            "gavel",
            _uphold,
            open_to=is_open,
            asks_again=True,
            done=_("It stays. The partner is told, with your reason."),
            explain=_("The partner reads your reason."),
        ),
    )
    list_display = ["partner", "against", "at", "due", "shown_verdict", "decided_by"]
    list_filter = [WaitingFilter]
    list_select_related = ["partner", "fault__booking", "suspension", "decided_by"]
    search_fields = ["partner__name"]
    ordering = ["due_at"]
    show_full_result_count = False
    fields = [
        "partner",
        "against",
        "noted",
        "evidence",
        "words",
        "picture",
        "at",
        "due",
        "shown_verdict",
        "reason",
    ]
    fields += ["decided_at", "decided_by"]
    readonly_fields = fields

    def has_change_permission(self, request, obj=None):
        return False

    def may_act(self, request, act):
        """Whoever may decide about partners decides here."""
        return request.user.has_perm("accounts.change_partnerprofile")

    @display(description=_("against"))
    def against(self, appeal):
        if appeal.fault is None:
            return linked(
                gettext("Suspension"), "accounts_partnerprofile_change", appeal.partner_id
            )
        words = f"{appeal.fault.get_kind_display()}, {appeal.fault.booking.number}"
        return linked(words, "requests_app_booking_change", appeal.fault.booking_id)

    @display(description=_("noted"))
    def noted(self, appeal):
        return stamp(appeal.fault.at if appeal.fault else appeal.suspension.at)

    @display(description=_("evidence"))
    def evidence(self, appeal):
        if appeal.fault is None:
            return f"{appeal.suspension.reason} / {appeal.suspension.evidence}"
        facts = [*appeal.fault.evidence.items(), (gettext("points"), appeal.fault.points)]
        return format_html_join("", "{}: {}<br>", ((name, value) for name, value in facts))

    @display(description=_("photo"))
    def picture(self, appeal):
        photo = getattr(appeal, "photo", None)
        if photo is None:
            return ""
        url = reverse("admin:requests_app_appeal_photo", args=[appeal.pk, photo.key])
        return format_html('<a class="b-link" href="{}">{}</a>', url, gettext("Open the photo"))

    @display(description=_("to be decided by"), ordering="due_at")
    def due(self, appeal):
        late = not appeal.verdict and appeal.due_at <= mila_now()
        return toned(stamp(appeal.due_at), BAD if late else QUIET if appeal.verdict else WARN)

    @display(description=_("verdict"), ordering="verdict")
    def shown_verdict(self, appeal):
        tone = GOOD if appeal.verdict == Verdict.OVERTURNED else QUIET
        return (
            toned(appeal.get_verdict_display(), tone)
            if appeal.verdict
            else toned(gettext("Waits"), WARN)
        )

    def get_urls(self):
        view = self.admin_site.admin_view(self.photo_view)
        return [
            path("<int:pk>/photo/<str:key>/", view, name="requests_app_appeal_photo"),
            *super().get_urls(),
        ]

    def photo_view(self, request, pk, key):
        appeal = self.get_object(request, str(pk))
        if appeal is None or not self.has_view_permission(request, appeal):
            raise Http404
        second_factor.ask_again(request)
        return shown(access.appeal_photo_for_staff(appeal, key), PhotoSize.LARGE)


@admin.register(FaultEntry)
class FaultEntryAdmin(ReadOnly, ModelAdmin):
    list_display = [
        "at",
        "kind",
        "who",
        "technician",
        "shown_booking",
        "points",
        "until_at",
        "standing",
    ]
    list_filter = ["kind", "who", "counts", "void_reason"]
    list_select_related = ["technician", "booking__service"]
    search_fields = ["technician__name", "technician__partner__name"]
    ordering = ["-pk"]
    show_full_result_count = False

    @display(description=_("booking"))
    def shown_booking(self, row):
        return linked(row.booking.number, "requests_app_booking_change", row.booking_id)

    @display(description=_("standing"))
    def standing(self, row):
        if row.void_at:
            return toned(row.get_void_reason_display(), QUIET)
        return toned(gettext("counts"), BAD) if row.counts else ""


@admin.register(Suspension)
class SuspensionAdmin(ReadOnly, ModelAdmin):
    list_display = ["partner", "at", "reason", "by", "ended_at", "ended_by"]
    list_select_related = ["partner", "by", "ended_by"]
    search_fields = ["partner__name"]
    ordering = ["-pk"]
    show_full_result_count = False
