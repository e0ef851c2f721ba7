"""The technician's checklists: each tick is kept with its instant and its
words (rule L7, L9, L12).
"""

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

from catalogue.models import Checklist, ChecklistPart
from catalogue.queries import checklists_of
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app.actions import visit
from requests_app.models import (
    AT_THE_DOOR,
    AT_WORK,
    BEFORE_DEPARTURE,
    Assignment,
    Booking,
    ChecklistTick,
    State,
)

# When each part may be ticked: what is at the door is not ticked at home.
TICKED_IN = {
    ChecklistPart.PREPARATION: BEFORE_DEPARTURE | AT_WORK,
    ChecklistPart.PRESENTATION: AT_THE_DOOR,
    ChecklistPart.EXPLANATION: frozenset({State.IN_PROGRESS}),
    ChecklistPart.TIDY_UP: frozenset({State.IN_PROGRESS}),
}


class NotNow(Refusal):
    sentence = _("This is not the moment for this list.")


def lists_of(booking: Booking, assignment: Assignment) -> list[Checklist]:
    """The versions in force when the technician took the job: they stay the same through the visit.

    One query.
    """
    return checklists_of(booking.service_id, assignment.claimed_at)


@verb
def keep_ticks(
    booking_id: int,
    technician_id: int,
    *,
    checklist_id: int,
    positions: Collection[int],
    only: Collection[int] | None = None,
) -> list[int]:
    """Exactly these items of the list are ticked now; a row for each that changes, none for a
    repeat. `only`: nothing but these items is said, as a device that had no network knows nothing
    of what another one has ticked meanwhile.

    Answers what is ticked. Locks the booking. Raises NotYours, NotNow.
    """
    booking = visit.lock_own(booking_id, technician_id)
    running = Assignment.objects.get(booking=booking, ended_at=None)
    checklist = next((one for one in lists_of(booking, running) if one.pk == checklist_id), None)
    if checklist is None or booking.state not in TICKED_IN[ChecklistPart(checklist.part)]:
        raise NotNow
    before, at = ticked(running).get(checklist_id, set()), mila_now()
    items = checklist.items_list
    wanted = {position for position in positions if 0 <= position < len(items)}
    if only is not None:
        wanted = wanted.intersection(only) | before.difference(only)
    ChecklistTick.objects.bulk_create(
        ChecklistTick(
            assignment=running,
            checklist=checklist,
            position=position,
            words=items[position][:200],
            ticked=position in wanted,
            at=at,
        )
        for position in sorted(before ^ wanted)
    )
    return sorted(wanted)


def ticked(assignment: Assignment) -> dict[int, set[int]]:
    """Of each list the positions that are ticked now. One query."""
    found: dict[int, set[int]] = {}
    for row in ChecklistTick.objects.filter(assignment=assignment):
        mine = found.setdefault(row.checklist_id, set())
        (mine.add if row.ticked else mine.discard)(row.position)
    return found
