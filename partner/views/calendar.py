"""The technician's week, and what they see about themselves (rule D1, P4)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions
from accounts.models import TechnicianSkill, WeeklyHours
from mila.clock import mila_now
from mila.errors import Refusal
from partner import skill_words
from partner.forms.calendar import AbsenceForm, AreaForm, WeekForm
from partner.week import today, week, zone_of
from policy.queries import policy_at
from requests_app.access import technician_page


@technician_page
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request, technician):
    """A week of jobs and absences; a form for another absence."""
    at = mila_now()
    zone = zone_of(technician)
    form = AbsenceForm(request.POST if request.method == "POST" else None, zone=zone, at=at)
    if form.is_valid():
        try:
            absence = actions.add_absence(
                technician.pk,
                starts_at=form.cleaned_data["starts"],
                ends_at=form.cleaned_data["ends"],
                note=form.cleaned_data["note"],
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("Noted. Nothing is offered to you in this time."))
            return _back(absence.during.lower.astimezone(at.tzinfo).date())
    shown = WeekForm(request.GET).shown(today(technician, at))
    context = {
        "week": week(technician, shown),
        "today": today(technician, at),
        "form": form,
        "tab": "calendar",
    }
    return render(request, "partner/calendar.html", context, status=422 if form.errors else 200)


def _back(day):
    response = redirect("partner:calendar")
    response.headers["Location"] += f"?week={day.isoformat()}"
    return response


@technician_page
@require_POST
def remove_absence(request, technician, pk):
    """They are there after all; a second tap finds it gone."""
    actions.remove_absence(technician.pk, pk)
    messages.success(request, _("The absence is taken out of your calendar."))
    return _back(WeekForm(request.POST).shown(today(technician, mila_now())))


@technician_page
@require_http_methods(["GET", "HEAD", "POST"])
def me(request, technician):
    """Their figures, skills, hours and area; how far they go is their choice."""
    policy = policy_at(mila_now(), technician.partner.country)
    form = AreaForm.of(technician, policy, request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.set_area(
            technician.pk,
            radius_m=form.cleaned_data["radius_km"] * 1000,
            night_pool=form.cleaned_data["night_pool"],
        )
        messages.success(request, _("Your area is saved."))
        return redirect("partner:me")
    skills = TechnicianSkill.objects.filter(technician=technician)
    skills = skills.select_related("skill").order_by("skill")
    promises = technician.promises_kept + technician.promises_broken
    context = {
        "technician": technician,
        "kept_percent": 100 * technician.promises_kept // promises if promises else None,
        "promises": promises,
        "skills": [(skill_words.skill(one.skill), one) for one in skills],
        "hours": _hours(technician),
        "languages": [get_language_info(code)["name_translated"] for code in technician.languages],
        "form": form,
        "tab": "me",
    }
    return render(request, "partner/me.html", context, status=422 if form.errors else 200)


def _hours(technician) -> list[tuple[str, list[WeeklyHours]]]:
    """Each weekday with its hours; a day without is free."""
    hours = list(WeeklyHours.objects.filter(technician=technician))
    return [
        (WEEKDAYS[weekday], [one for one in hours if one.weekday == weekday])
        for weekday in range(7)
    ]
