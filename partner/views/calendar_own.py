"""The technician's own week and own calendars: weekly hours, the private address of their jobs, and
the one where their other calendar is read (rule D1).
"""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import actions, calendar_reading
from accounts.calendar_rows import CalendarFeed, CalendarSource
from accounts.models import WeeklyHours
from mila.clock import mila_now
from mila.errors import Refusal
from mila.web.middleware import private_page
from partner.calendar_feed import feed_of, jobs_across, jobs_outside
from partner.forms.calendar import OtherCalendarForm
from partner.forms.hours import HoursForm
from partner.week import zone_of
from policy.queries import policy_at
from requests_app import access
from requests_app.access import technician_page


@technician_page
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request, technician):
    """The whole week at once. Jobs outside of the new hours stay, and are named."""
    if request.method == "POST":
        form = HoursForm(request.POST)
        if form.is_valid():
            try:
                actions.set_hours(technician.pk, form.hours)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
            else:
                return _saved(request, technician, form)
    else:
        form = HoursForm(hours=WeeklyHours.objects.filter(technician=technician))
    context = {"form": form, "tab": "calendar"}
    return render(request, "partner/hours.html", context, status=422 if form.errors else 200)


def _saved(request, technician, form):
    outside = jobs_outside(technician, form.hours, mila_now())
    if outside:
        words = _("Saved. These jobs lie outside of your hours and stay yours: %(jobs)s.")
        messages.warning(request, words % {"jobs": "; ".join(outside)})
    else:
        messages.success(request, _("Your hours are saved."))
    return redirect("partner:calendar")


@technician_page
@require_http_methods(["GET", "HEAD", "POST"])
def feed_address(request, technician):
    """A new address is shown once, here; "end" takes it away."""
    address = ""
    if request.method == "POST" and "end" in request.POST:
        actions.end_feed(technician.pk)
        messages.success(request, _("The address leads nowhere any more."))
        return redirect("partner:feed_address")
    if request.method == "POST":
        address = settings.SITE_URL + reverse(
            "partner:feed", args=[actions.renew_feed(technician.pk)]
        )
    made = CalendarFeed.objects.filter(technician=technician).first()
    return render(
        request, "partner/feed.html", {"address": address, "made": made, "tab": "calendar"}
    )


@require_safe
@private_page
def feed(request, token):
    """For a calendar program that knows the address: nobody is signed in there."""
    technician = access.technician_by_feed(token)
    return HttpResponse(
        feed_of(technician, mila_now()), content_type="text/calendar; charset=utf-8"
    )


@technician_page
@require_http_methods(["GET", "HEAD", "POST"])
def other_calendar(request, technician):
    """Where their other calendar is read; the address itself is never shown again."""
    if request.method == "POST" and "end" in request.POST:
        calendar_reading.leave_calendar(technician.pk)
        messages.success(
            request, _("Your other calendar is read no more. Its times are free again.")
        )
        return redirect("partner:other_calendar")
    form = OtherCalendarForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            calendar_reading.follow_calendar(technician.pk, form.cleaned_data["address"])
        except Refusal as refusal:
            form.add_error("address", refusal.sentence)
        else:
            messages.success(request, _("Noted. Your other calendar is read within a minute."))
            return redirect("partner:other_calendar")
    at = mila_now()
    every = policy_at(at, technician.partner.country).calendar_read_every
    context = {
        "form": form,
        "source": CalendarSource.objects.filter(technician=technician).first(),
        "jobs": jobs_across(technician, at),
        "zone": zone_of(technician),
        "minutes": every // timedelta(minutes=1),
        "tab": "calendar",
    }
    status = 422 if form.errors else 200
    return render(request, "partner/other_calendar.html", context, status=status)
