"""The checklists of a job: each tick is kept as it is made (rule L7, L9, L12)."""

from django.views.decorators.http import require_POST

from mila.cleaning import whole_number
from mila.errors import Refusal
from partner.views.jobs import _answer, _page, own_job, said
from requests_app.actions import checking


@own_job
@require_POST
def tick(request, technician, booking):
    """What of one list is ticked now; anything that is no item of it is passed over."""
    items = {whole_number(item) for item in request.POST.getlist("item")[:50]}
    checklist = whole_number(request.POST.get("checklist", ""))
    try:
        checking.keep_ticks(booking.pk, technician.pk, checklist_id=checklist, positions=items)
    except Refusal as refusal:
        return _page(request, technician, booking, refused=said(refusal), status=409)
    return _answer(request, technician, booking)
