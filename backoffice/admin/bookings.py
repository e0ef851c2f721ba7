"""Bookings for ops: a list for the phone call, the whole story on one page, the verbs with a reason
(rule O1).
"""

import re
from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Least
from django.http import Http404, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice import booking_history, wording
from backoffice.admin import dispatch, faults, payments, returns, reviews
from customer.views.photos import shown
from mila import second_factor
from mila.adminkit.acts import (
    BAD,
    WARN,
    Act,
    ActForm,
    Choice,
    ModelAdmin,
    NativeDate,
    NativeMoment,
    ReadOnly,
    Section,
    WithActs,
    toned,
)
from mila.clock import MilaNow, mila_now
from mila.formats import left, phone, short_moment
from mila.web.forms import LineField
from payments.models import ChargeState
from requests_app import access
from requests_app.actions import changes, contact_access, signing, visit, withdrawing
from requests_app.lifecycle import MOVES, Role
from requests_app.models import LIVE, Booking, Clock, Fault, PhotoSize, State

UNPAID = (ChargeState.FAILED, ChargeState.ACTION_REQUIRED, ChargeState.UNKNOWN)
SOON = timedelta(hours=1)
DAY = timedelta(days=1)
NUMBER = re.compile(r"m?0*(\d{1,12})", re.IGNORECASE)


class ReasonToLook(ActForm):
    reason = LineField(
        label=_("Reason"),
        max_length=contact_access.LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Kept with your name and the time; the customer may ask for it."),
    )


class WishesForm(ActForm):
    """As many starts as the booking's policy lets it have, as the clock on the customer's wall
    says.
    """

    LABELS = (_("First wish"), _("Second wish"), _("Third wish"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        policy = self.about.policy
        grid = (
            datetime.combine(date.min, time()) + number * policy.slot_step
            for number in range(DAY // policy.slot_step)
        )
        starts = [f"{at:%H:%M}" for at in grid if policy.day_opens <= at.time() < policy.day_closes]
        hours = [("", "–"), *((at, at) for at in starts)]
        self.labels = self.LABELS[: policy.wishes_max]
        for number, label in enumerate(self.labels, 1):
            need = number == 1
            self.fields[f"day_{number}"] = forms.DateField(
                label=label, required=need, widget=NativeDate
            )
            self.fields[f"hour_{number}"] = Choice(label=_("Hour"), required=need, choices=hours)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])

    def clean(self):
        answers = super().clean()
        answers["walls"] = []
        for number in range(1, len(self.labels) + 1):
            day, hour = answers.get(f"day_{number}"), answers.get(f"hour_{number}")
            if day and hour:
                answers["walls"].append(datetime.combine(day, time.fromisoformat(hour)))
            elif day or hour:
                self.add_error(f"day_{number}", _("Please give both, day and hour."))
        return answers


class FaultForm(ActForm):
    fault = Choice(
        label=_("Who caused it"),
        choices=Fault.choices,
        help_text=_("It decides who is paid and who pays."),
    )


class DeclarationForm(ActForm):
    declared_at = forms.DateTimeField(
        label=_("When the customer declared it"),
        widget=NativeMoment,
        help_text=_(
            "The letter's postmark, the hour of the e-mail or the call. It decides what is owed."
        ),
    )


class PriceForm(ActForm):
    amount = forms.DecimalField(
        label=_("What the work is worth"),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("Without the booking fee. Never above what the partner reported."),
    )


def _open(move: str, *more: str):
    """Whether the table lets ops make one of these moves from where the booking stands."""
    sources = frozenset().union(*(MOVES[name].sources for name in (move, *more)))
    return lambda booking: booking.state in sources


def _release(b, by, answers):
    visit.release(b.pk, b.technician_id, by=by, reason=answers["reason"], role=Role.OPS)


def _cancel(b, by, answers):
    changes.cancel(b.pk, role=Role.OPS, by=by, reason=answers["reason"])


def _withdraw(b, by, answers):
    withdrawing.withdraw(
        b.pk, role=Role.OPS, by=by, declared_at=answers["declared_at"], reason=answers["reason"]
    )


def _move(b, by, answers):
    changes.move(b.pk, answers["walls"], role=Role.OPS, by=by, reason=answers["reason"])


def _fail(b, by, answers):
    visit.fail_visit(
        b.pk,
        b.technician_id,
        by=by,
        reason=answers["reason"],
        fault=answers["fault"],
        role=Role.OPS,
    )


def _refuse(b, by, answers):
    signing.refuse(b.pk, by=by, reason=answers["reason"], role=Role.OPS)


def _decide(b, by, answers):
    signing.decide(
        b.pk, service_cents=int(answers["amount"] * 100), by=by, reason=answers["reason"]
    )


def _decide_fee(b, by, answers):
    signing.decide_fee(b.pk, by=by, reason=answers["reason"])


def _decide_none(b, by, answers):
    signing.decide_none(b.pk, by=by, reason=answers["reason"], fault=answers["fault"])


def _show(b, by, answers):
    contact, calls, messages = contact_access.show_contact(b.pk, by=by, reason=answers["reason"])
    return [
        (gettext("Name"), contact.name),
        (gettext("Phone"), phone(contact.phone)),
        (gettext("E-mail"), b.customer and b.customer.email),
        (gettext("Street"), contact.street),
        (gettext("Place"), f"{b.postcode} {b.city}"),
        (gettext("Door code"), contact.door_code),
        (gettext("At the door"), contact.at_the_door),
        (gettext("Problem"), contact.problem),
        *((answer.words, answer.answer) for answer in b.answers.all()),
        (gettext("Photos"), _photos(b)),
        *(
            (gettext("Note of the call on %(at)s") % {"at": short_moment(c.at, b.timezone)}, c.note)
            for c in calls
        ),
        *(
            (
                gettext("%(author)s wrote on %(at)s")
                % {"author": m.get_author_display(), "at": short_moment(m.at, b.timezone)},
                m.words,
            )
            for m in messages
        ),
    ]


def _photos(b) -> str:
    """Small ones, each leading to the large one."""
    links = [
        (
            reverse("admin:requests_app_booking_photo", args=[b.pk, photo.key, "large"]),
            reverse("admin:requests_app_booking_photo", args=[b.pk, photo.key, "small"]),
            gettext("Photo %(number)d") % {"number": number},
        )
        for number, photo in enumerate(b.photos.all(), 1)
    ]
    image = '<a class="b-photo" href="{}"><img src="{}" width="120" height="120" alt="{}"></a> '
    return format_html_join("", image, links)


ACTS = (
    Act(
        "contact",
        _("Show contact data"),
        "visibility",
        _show,
        form=ReasonToLook,
        explain=_(
            "Name, telephone, street and what the customer wrote are shown once, and your look is "
            "kept."
        ),
        permission="requests_app.view_bookingcontact",
        page="admin/requests_app/booking/contact.html",
        asks_again=True,
    ),
    Act(
        "move",
        _("Move to another time"),
        "event",
        _move,
        form=WishesForm,
        done=_("The booking was moved."),
        open_to=_open("move_open", "move_lost"),
        explain=_(
            "On the customer's wish. Local time of the place. A technician who is free then keeps "
            "the job."
        ),
    ),
    Act(
        "release",
        _("Take it from the partner"),
        "person_remove",
        _release,
        done=_("The search has begun again."),
        open_to=_open("release"),
        explain=_("The assignment ends without fault, and the booking is offered to others."),
    ),
    Act(
        "fail",
        _("End the visit unsuccessfully"),
        "report",
        _fail,
        form=FaultForm,
        danger=True,
        open_to=_open("fail_visit"),
        asks_again=True,
        done=_("The visit was ended."),
    ),
    Act(
        "refuse",
        _("Record that the customer says something is not right"),
        "do_not_disturb_on",
        _refuse,
        open_to=_open("refuse"),
        done=_("The clock has stopped. Nothing is charged before the decision."),
        explain=_("On the customer's wish. Nothing is charged before you decide."),
    ),
    Act(
        "decide",
        _("Decide the price"),
        "gavel",
        _decide,
        form=PriceForm,
        open_to=_open("decide"),
        asks_again=True,
        done=_("Decided. The card is charged with it."),
        explain=_("Customer and partner are told your reason. The card is charged at once."),
    ),
    Act(
        "decide-fee",
        _("Decide that the visit in vain is paid"),
        "directions_walk",
        _decide_fee,
        open_to=_open("decide_fee"),
        asks_again=True,
        done=_("Decided. The card is charged with the fee."),
        explain=_("The fee of the order's policy. Customer and partner are told your reason."),
    ),
    Act(
        "decide-none",
        _("Decide that nothing is owed"),
        "money_off",
        _decide_none,
        form=FaultForm,
        danger=True,
        open_to=_open("decide_none"),
        asks_again=True,
        done=_("Decided. Nothing is charged."),
        explain=_("Customer and partner are told your reason."),
    ),
    Act(
        "withdraw",
        _("Record a withdrawal"),
        "undo",
        _withdraw,
        form=DeclarationForm,
        danger=True,
        asks_again=True,
        open_to=lambda b: b.country == "FR" and _open("withdraw")(b),
        done=_("The contract is ended. The customer has the confirmation by e-mail."),
        explain=_(
            "Declared by letter, e-mail or telephone. The work done until then is paid, nothing "
            "else."
        ),
    ),
    Act(
        "cancel",
        _("Cancel the booking"),
        "cancel",
        _cancel,
        danger=True,
        open_to=_open("cancel"),
        done=_("The booking was cancelled. It costs the customer nothing."),
        explain=_("There will be no visit. It costs the customer nothing; both sides are told."),
    ),
)


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


HISTORY = (  # in the order in which ops ask
    booking_history.facts,
    booking_history.clocks,
    booking_history.events,
    booking_history.assignments,
    booking_history.faults,
    dispatch.searches,
    booking_history.wishes,
    booking_history.quotes,
    booking_history.calls,
    booking_history.door,
    booking_history.notes,
    booking_history.checklists,
    booking_history.messages,
    booking_history.sign_off,
    booking_history.late_signature,
    payments.owed,
    returns.refunded,
    returns.contested,
    payments.operations,
    payments.ledger,
    payments.way,
    payments.shares,
    booking_history.notices,
    booking_history.accesses,
)


def history(booking: Booking, at: datetime) -> list[Section]:
    """Everything that is known of a booking, chapter by chapter."""
    return [chapter(booking, at) for chapter in HISTORY]


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


@admin.register(Booking)
class BookingAdmin(ReadOnly, WithActs, ModelAdmin):
    acts = (
        *ACTS,
        *reviews.BOOKING_ACTS,
        *faults.JOB_ACTS,
        *dispatch.BOOKING_ACTS,
        *payments.BOOKING_ACTS,
        *returns.BOOKING_ACTS,
    )
    list_display = [
        "shown_number",
        "shown_state",
        "clock",
        "service",
        "place",
        "start",
        "technician",
    ]
    list_display_links = ["shown_number"]
    list_filter = [
        StateFilter,
        StandingFilter,
        ClockFilter,
        UnpaidFilter,
        faults.SuspendedJobsFilter,
        "country",
        "service__category",
    ]
    list_select_related = ["service", "technician", "partner"]
    list_per_page = 50
    # Never by what is encrypted: number, e-mail, partner, place.
    search_fields = [
        "=customer__email",
        "partner__name",
        "technician__name",
        "postcode__startswith",
        "city",
    ]
    search_help_text = _("Number, e-mail of the customer, partner, technician, postcode or city")
    show_full_result_count = False

    def get_queryset(self, request):
        running = (
            Clock.objects.filter(booking=OuterRef("pk"), done_at=None)
            .order_by("due_at")
            .values("due_at")[:1]
        )
        return (
            super()
            .get_queryset(request)
            .annotate(clock_at=Least("due_at", Subquery(running)), now=MilaNow())
        )

    def get_search_results(self, request, queryset, search_term):
        if found := NUMBER.fullmatch(search_term.strip()):
            numbered = queryset.filter(Q(pk=found[1]) | Q(postcode=search_term.strip()))
            return numbered, False
        return super().get_search_results(request, queryset, search_term)

    @display(description=_("number"), ordering="pk")
    def shown_number(self, b):
        return b.number

    @display(description=_("state"), ordering="state")
    def shown_state(self, b):
        return wording.state(b.state)

    @display(description=_("clock"), ordering="clock_at")
    def clock(self, b):
        """What is left until the next promise falls."""
        return clock_word(b.clock_at, b.now)

    @display(description=_("place"), ordering="postcode")
    def place(self, b):
        return f"{b.postcode} {b.city}"

    @display(description=_("start"), ordering=F("start_at").desc(nulls_last=True))
    def start(self, b):
        if b.start_at:
            return short_moment(b.start_at, b.timezone)
        return f"({short_moment(b.first_start_at, b.timezone)})" if b.first_start_at else ""

    def get_urls(self):
        view = self.admin_site.admin_view(self.photo_view)
        address = path(
            "<int:pk>/photos/<str:key>/<str:size>/", view, name="requests_app_booking_photo"
        )
        return [address, *super().get_urls()]

    def photo_view(self, request, pk, key, size):
        """From the page that shows the contact data, once a reason was given."""
        booking = self.get_object(request, str(pk))
        if (
            booking is None
            or size not in PhotoSize
            or not self.has_view_permission(request, booking)
        ):
            raise Http404
        second_factor.ask_again(request)
        return shown(access.photo_for_staff(booking, request.user, key, size=size), size)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The story. There is no form: what is posted here is refused (fault T11, T12)."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        booking = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, booking):
            raise PermissionDenied
        if booking is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(booking),
            "opts": self.opts,
            "original": booking,
            "state": wording.state(booking.state),
            "awaits": wording.STATES[State(booking.state)].awaits,
            "clock": clock_word(booking.clock_at, booking.now),
            "acts": self.act_buttons(request, booking),
            "chapters": history(booking, mila_now()),
            "history": reverse("admin:requests_app_booking_history", args=[booking.pk]),
        }
        return TemplateResponse(request, "admin/requests_app/booking/story.html", context)


def clock_word(due: datetime | None, now: datetime) -> str:
    if due is None:
        return ""
    return toned(left(due, now), BAD if due < now else WARN if due - now < SOON else "")
