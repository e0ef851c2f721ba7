"""The checklists of a job: each tick is kept as it is made (rule L7, L9, L12)."""

from django.views.decorators.http import require_POST

from mila.errors import Refusal
from partner.forms.ticks import read_ticks
from partner.views.counting import counts_once
from partner.views.jobs import _answer, _page, own_job, said
from requests_app.actions import checking


@own_job
@require_POST
@counts_once("tick")
def tick(request, technician, booking):
    """What of one list is ticked now; anything that is no item of it is passed over."""
    ticks = read_ticks(request.POST, request.POST.getlist("item"))
    try:
        checking.keep_ticks(booking.pk, technician.pk, **ticks)
    except Refusal as refusal:
        return _page(request, technician, booking, refused=said(refusal), status=409)
    return _answer(request, technician, booking)
