"""The visit code: four digits the customer says at the door prove that the
two have met (rule L9b).
"""

from enum import StrEnum
from secrets import compare_digest

from mila.clock import mila_now
from mila.streams import publish
from mila.transactions import verb
from requests_app.actions.visit import lock_own
from requests_app.lifecycle import IllegalMove, Role
from requests_app.models import AT_THE_DOOR, Assignment, Booking, State

# Where a code may be typed: from the door until the signature.
CODE_STATES = AT_THE_DOOR | {State.FINISHED}


class Code(StrEnum):
    """What became of a typed code."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"  # no try is left


@verb
def type_code(booking_id: int, technician_id: int, *, code: str) -> Code:
    """Compare what was typed. A wrong one uses up a try, which is kept: this answers, and raises
    nothing for it.

    Once it was right it stays so; a repeat answers the same. Raises NotYours, IllegalMove.
    """
    booking = lock_own(booking_id, technician_id)
    if booking.state not in CODE_STATES:
        raise IllegalMove("type_code", booking.state, Role.PARTNER)
    assignment = Assignment.objects.select_for_update().get(booking=booking, ended_at=None)
    if assignment.code_typed_at is not None:
        return Code.RIGHT
    if tries_left(booking, assignment) == 0:
        return Code.SPENT
    if compare_digest(code.encode(), assignment.code.encode()):
        assignment.code_typed_at = mila_now()
        assignment.save(update_fields=["code_typed_at"])
        publish.publish(f"booking:{booking.uuid}", "code")
        return Code.RIGHT
    assignment.code_tries += 1
    assignment.save(update_fields=["code_tries"])
    return Code.WRONG if tries_left(booking, assignment) else Code.SPENT


def tries_left(booking: Booking, assignment: Assignment) -> int:
    return max(0, booking.policy.code_tries - assignment.code_tries)
