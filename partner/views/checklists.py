"""The checklists of a job: each tick is kept as it is made (rule L7, L9, L12)."""

from django.views.decorators.http import require_POST

from mila.errors import Refusal
from partner.views.jobs import _answer, _page, own_job, said
from requests_app.actions import checking


@own_job
@require_POST
def tick(request, technician, booking):
    """What of one list is ticked now; anything that is no item of it is passed over."""
    items = {_number(item) for item in request.POST.getlist("item")[:50]}
    checklist = _number(request.POST.get("checklist", ""))
    try:
        checking.keep_ticks(booking.pk, technician.pk, checklist_id=checklist, positions=items)
    except Refusal as refusal:
        return _page(request, technician, booking, refused=said(refusal), status=409)
    return _answer(request, technician, booking)


def _number(text: str) -> int:
    """-1, which is nobody's, for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else -1
