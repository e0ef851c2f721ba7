"""The checklists of a job: each tick is kept as it is made (rule L7, L9, L12)."""

from django.views.decorators.http import require_POST

from mila.errors import Refusal
from partner.views.jobs import _answer, _page, own_job, said
from requests_app.actions import checking


@own_job
@require_POST
def tick(request, technician, booking):
    """What of one list is ticked now; anything that is no item of it is passed over."""
    chosen = request.POST.get("checklist", "")
    items = {
        int(item)
        for item in request.POST.getlist("item")[:50]
        if item.isascii() and item.isdecimal() and len(item) < 4
    }
    pk = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 18 else 0
    try:
        checking.keep_ticks(booking.pk, technician.pk, checklist_id=pk, positions=items)
    except Refusal as refusal:
        return _page(request, technician, booking, refused=said(refusal), status=409)
    return _answer(request, technician, booking)
