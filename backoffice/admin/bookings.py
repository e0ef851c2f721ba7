"""Bookings for ops: a list for the phone call, the whole story on one page, the verbs with a reason
(rule O1).
"""

import re
from datetime import datetime

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Least
from django.http import Http404, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from backoffice import booking_history, visit_history, wording
from backoffice.admin import (
    advance_acts,
    appeals,
    dispatch,
    faults,
    payment_acts,
    payments,
    return_acts,
    returns,
    reviews,
)
from backoffice.admin.booking_acts import ACTS
from backoffice.admin.booking_filters import (
    SOON,
    ClockFilter,
    StandingFilter,
    StateFilter,
    UnpaidFilter,
)
from customer.views.photos import shown
from mila import second_factor
from mila.adminkit.acts import (
    BAD,
    WARN,
    ModelAdmin,
    ReadOnly,
    Section,
    WithActs,
    toned,
)
from mila.clock import MilaNow, mila_now
from mila.formats import left, short_moment
from requests_app import access
from requests_app.models import Booking, Clock, PhotoSize, State

NUMBER = re.compile(r"m?0*(\d{1,12})", re.IGNORECASE)

HISTORY = (  # in the order in which ops ask
    booking_history.facts,
    booking_history.clocks,
    booking_history.events,
    booking_history.assignments,
    booking_history.faults,
    booking_history.customers_appeals,
    dispatch.searches,
    booking_history.wishes,
    booking_history.quotes,
    visit_history.calls,
    visit_history.door,
    visit_history.notes,
    visit_history.checklists,
    visit_history.messages,
    booking_history.customer_notices,
    visit_history.sign_off,
    visit_history.late_signature,
    payments.owed,
    returns.refunded,
    returns.contested,
    payments.operations,
    payments.ledger,
    payments.way,
    payments.shares,
    advance_acts.advanced,
    booking_history.other_notices,
    booking_history.accesses,
)


def history(booking: Booking, at: datetime) -> list[Section]:
    """Everything that is known of a booking, chapter by chapter."""
    return [chapter(booking, at) for chapter in HISTORY]


@admin.register(Booking)
class BookingAdmin(ReadOnly, WithActs, ModelAdmin):
    acts = (
        *ACTS,
        *reviews.BOOKING_ACTS,
        *faults.JOB_ACTS,
        *dispatch.BOOKING_ACTS,
        *payment_acts.BOOKING_ACTS,
        *advance_acts.BOOKING_ACTS,
        *return_acts.BOOKING_ACTS,
        *appeals.BOOKING_ACTS,
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
        appeals.AppealFilter,
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
