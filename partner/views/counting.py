"""A step the phone's worker sends carries its one-time key from the first try on: where the answer
is lost or late, the same step is sent again by `later/`, and counts once (rule L12; fault M24).
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.http import HttpResponse
from django.utils.dateparse import parse_datetime

from mila.web.htmx import go
from mila.web.request_limits import Unreadable
from requests_app.actions.offline import KeyOfAnother, keep_try, made_once

KEY = "Once"  # headers: the key, and the instant of the tap by the device's clock
AT = "Made-At"
SHORTEST_KEY = 16
LONGEST_KEY = 63


def counts_once(step: str):
    """The view is asked once per key. One without a key, of a browser without our worker, is
    asked as ever. A repeat leads to the job's page: its answer has no reader.
    """

    def decorate(view: Callable[..., HttpResponse]):
        @wraps(view)
        def inner(request, technician, booking):
            if request.method != "POST" or KEY not in request.headers:
                return view(request, technician, booking)
            try:
                answer = made_once(
                    booking.pk,
                    technician.pk,
                    key=read_key(request.headers[KEY]),
                    step=step,
                    device_at=read_instant(request.headers.get(AT, "")),
                    make=lambda: _asked(view, request, technician, booking),
                )
            except KeyOfAnother:
                raise Unreadable("key") from None
            return answer or go(request, "partner:job", booking.uuid)

        return inner

    return decorate


def count_try(request, technician, booking) -> None:
    """The form comes back with what was wrong, and the try is spent all the same."""
    if KEY in request.headers:
        keep_try(
            booking.pk,
            technician.pk,
            key=read_key(request.headers[KEY]),
            device_at=read_instant(request.headers.get(AT, "")),
        )


def _asked(view, request, technician, booking) -> tuple[HttpResponse, bool]:
    answer = view(request, technician, booking)
    return answer, answer.status_code < 400


def read_key(text: object) -> str:
    if not isinstance(text, str) or not SHORTEST_KEY <= len(text) <= LONGEST_KEY:
        raise Unreadable("key")
    if not (text.isascii() and text.isalnum()):
        raise Unreadable("key")
    return text


def read_instant(text: str) -> datetime:
    try:
        instant = parse_datetime(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Unreadable("instant")
    return instant
