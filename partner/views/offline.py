"""What a phone keeps of the day, and what it sends when there is network again
(rule L12; fault A3, M24).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from mila.clock import mila_now
from mila.errors import Refusal
from mila.web.request_limits import Unreadable, parse_json, read_json, takes_files
from mila.web.uploads import lacked_room
from partner import job_list, offline
from partner.views.counting import read_instant, read_key
from partner.views.jobs import own_job
from places.calendar import wall_time
from requests_app import access
from requests_app.access import technician_page
from requests_app.actions.offline import once
from requests_app.actions.photographing import NoRoomForPhotos, taken_in
from requests_app.actions.visit import NotYours
from requests_app.models import AT_WORK, Booking, OfflineStep, State
from requests_app.photos.intake import read_picture

LARGEST = 500_000  # octets of one step's words: a drawn signature is the longest
# Beyond the job's own page: what may have to be done before there is network again, each made ahead
# of its time.
AHEAD: dict[str, tuple[str, ...]] = {
    State.CLAIMED: ("messages", "call"),
    **dict.fromkeys((State.CALLED, State.UNCONFIRMED, State.CONFIRMED), ("messages",)),
    **dict.fromkeys(AT_WORK, ("messages", "finish", "sign", "rate", "thanks")),
    State.FINISHED: ("messages", "sign", "rate", "thanks"),
}
AS_IT_IS = {"job", "messages", "call"}  # the others are made ahead of their time
UNDER_WAY = AT_WORK | {State.FINISHED}


@technician_page
@require_safe
def day(request, technician):
    """Which pages the phone may keep now; it drops every other one. `owner`: whose phone it is."""
    at = mila_now()
    pages = [{"path": reverse("partner:jobs"), "url": reverse("partner:jobs")}]
    for booking in access.jobs_of_technician(technician):
        if _is_todays(booking, at):
            pages.extend(_pages(booking))
    return JsonResponse(
        {"owner": str(technician.public_id), "csrf": get_token(request), "pages": pages}
    )


def _is_todays(booking: Booking, at: datetime) -> bool:
    if booking.state in UNDER_WAY:
        return True
    zone = booking.timezone
    live = booking.state not in job_list.DONE and booking.start_at is not None
    return live and wall_time(booking.start_at, zone).date() == wall_time(at, zone).date()


def _pages(booking: Booking) -> list[dict[str, str]]:
    paths = {
        name: reverse(f"partner:{name}", args=[booking.uuid])
        for name in ("job", *AHEAD.get(booking.state, ()))
    }
    return [
        {"path": path, "url": path if name in AS_IT_IS else f"{path}?ahead=1"}
        for name, path in paths.items()
    ]


@takes_files
@own_job
@require_POST
def later(request, technician, booking):
    """One step that waited on the phone, as JSON, or in a form beside its photo.

    Sent again it is answered again, and does nothing (fault M24).
    """
    words = _words(_said(request))
    sent = offline.Sent(
        booking=booking,
        technician=technician,
        user=request.user,
        fields=offline.fields_of(words["fields"]),
        device=request.headers.get("User-Agent", ""),
        key=words["key"],
        **_picture(request),
    )
    try:
        row = _counted(sent, words)
    except (NotYours, NoRoomForPhotos):
        raise  # not theirs, or not now: the phone keeps what it has
    except Refusal as refusal:
        return JsonResponse({"done": False, "sentence": str(refusal.sentence)})
    return JsonResponse({"done": row.done, "sentence": row.sentence})


def _counted(sent: offline.Sent, words: dict[str, Any]) -> OfflineStep:
    step = offline.STEPS[words["step"]]
    with taken_in(sent.picture) as photo:
        return once(
            sent.booking.pk,
            sent.technician.pk,
            key=sent.key,
            step=words["step"],
            device_at=words["at"],
            act=lambda: step(replace(sent, photo=photo)),
        )


def _said(request) -> Any:
    if request.content_type == "multipart/form-data":
        return parse_json(request.POST.get("entry", "").encode(), largest=LARGEST)
    return read_json(request, largest=LARGEST)


def _picture(request) -> dict[str, Any]:
    """What came as a photo, drawn anew, or why it is none. Raises NoRoomForPhotos."""
    if lacked_room(request):
        raise NoRoomForPhotos
    file = request.FILES.get("photo")
    try:
        return {"picture": read_picture(file)} if file else {}
    except Refusal as refusal:
        return {"unread": refusal}


def _words(found: Any) -> dict[str, Any]:
    """Raises Unreadable for anything but a step with its key, instant and flat fields."""
    if not isinstance(found, dict):
        raise Unreadable("JSON")
    key, step, fields, at = (found.get(name) for name in ("key", "step", "fields", "at"))
    texts = (
        isinstance(key, str)
        and isinstance(step, str)
        and isinstance(at, str)
        and isinstance(fields, dict)
    )
    if not texts or step not in offline.STEPS:
        raise Unreadable("step")
    if not all(isinstance(value, str) for value in fields.values()):
        raise Unreadable("fields")
    return {"key": read_key(key), "step": step, "fields": fields, "at": read_instant(at)}
