"""A call as the form has it: the try, and another time the customer named (rule L1, B9)."""

from typing import Any

from accounts.models import User
from requests_app.actions import other_times, visit
from requests_app.models import Booking


def record_call(booking_id: int, technician_id: int, *, by: User, noted: dict[str, Any]) -> Booking:
    """`noted`: what CallForm has cleaned. Raises what `propose` and `record_call` raise."""
    noted = dict(noted)
    wall = noted.pop("other_wall")
    if wall:
        other_times.propose(booking_id, technician_id, wall=wall)
    return visit.record_call(booking_id, technician_id, by=by, proposed=bool(wall), **noted)
