"""Another start proposed from the job, whom the technician will not visit again, and a day of
illness.
"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from mila.clock import mila_now
from mila.errors import Refusal
from partner.forms.jobs import TimeForm
from partner.views.jobs import _answer, _page, own_job, said
from requests_app.access import technician_page
from requests_app.actions import avoiding, illness, other_times
from requests_app.models import Author


@own_job
@require_POST
def propose(request, technician, booking):
    """The start they spoke about, or a second appointment; the customer answers by a tap
    (rule B9, L11).
    """
    form = TimeForm(request.POST, kind=other_times.kind_of(booking, mila_now()))
    if not form.is_valid():
        return _page(request, technician, booking, time_form=form, status=422)
    try:
        other_times.propose(booking.pk, technician.pk, **form.proposal)
    except Refusal as refusal:
        form.add_error("wall", said(refusal))
        return _page(request, technician, booking, time_form=form, status=409)
    messages.success(request, _("The customer has been told. It counts once they have accepted."))
    return _answer(request, technician, booking)


@own_job
@require_POST
def not_again(request, technician, booking):
    """Said or taken back; this job stays as it is."""
    for name, verb in (("avoid", avoiding.avoid), ("again", avoiding.meet_again)):
        if name in request.POST:
            verb(booking.pk, technician.pk, said_by=Author.TECHNICIAN)
    return _answer(request, technician, booking)


@technician_page
@require_http_methods(["GET", "HEAD", "POST"])
def ill(request, technician):
    """What would be given back, and the one tap."""
    if request.method == "POST":
        count = illness.fall_ill(technician.pk, by=request.user)
        given_back = ngettext(
            "%(count)d job is given back.", "%(count)d jobs are given back.", count
        )
        messages.success(request, f"{given_back % {'count': count}} {_('Get well soon.')}")
        return redirect("partner:jobs")
    today = illness.jobs_of_today(technician, mila_now())
    return render(request, "partner/ill.html", {"today": today, "tab": "jobs"})
