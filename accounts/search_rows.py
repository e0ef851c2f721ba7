"""Do all search rows say what their technicians' own rows say? Compared in pieces, mended where
not.

The rows are kept in the transaction of their source (accounts.search); this finds what was written
past it. Searches go on meanwhile: a piece is read without a lock, and whoever differs is looked at
again under theirs. What was scored under a policy no longer in force is no fault: its scores are
`search.sweep_scores`' to write.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import uuid4

from django.conf import settings

from accounts import notifications
from accounts.models import SearchRowsCheck, SkillSearch, Technician
from accounts.search import (
    PLACED,
    SCORED,
    expected_rows,
    lock_technician,
    policies,
    refresh_search_rows,
)
from mila.clock import mila_now
from mila.transactions import verb
from places.calendar import instant, wall_time
from places.place import Country
from policy.figures import Policy

log = logging.getLogger(__name__)
PIECE = 500  # technicians compared at once
PIECES = 8  # in one stretch: a second or two, and a million in about an hour and a half
NAMED = 10  # in the message to ops
KIND = "search_rows_ops"
AT, ZONE = time(3, 30), "Europe/Paris"  # not in the hour that is missing in March


class Compared(NamedTuple):
    """The last technician looked at, 0 when there was none; and who had to be mended."""

    last: int
    mended: list[int]


def check() -> int:
    """The next stretch of the nightly check, if it is time. Answers how many technicians were
    mended.

    At its end ops are told of them, if there were any.
    """
    at, mended = mila_now(), 0
    row, _new = SearchRowsCheck.objects.get_or_create(pk=1, defaults={"next_at": _next_night(at)})
    for _ in range(PIECES):
        if row.next_at > at:
            break
        compared = compare(row.checked_to)
        row = _note(row, compared)
        mended += len(compared.mended)
    return mended


def rebuild() -> int:
    """All of them now, whatever the nightly check has come to.

    Answers how many technicians were written anew.
    """
    mended, last = 0, 0
    while (compared := compare(last)).last:
        mended, last = mended + len(compared.mended), compared.last
    return mended


def compare(after: int) -> Compared:
    """Compare the rows of the next technicians in the order of their ids, and write anew those that
    differ.
    """
    people = list(_with_sources().filter(pk__gt=after).order_by("pk")[:PIECE])
    if not people:
        return Compared(0, [])
    in_force = policies(Country.values)
    mended = [
        technician.pk
        for technician in people
        if _differs(technician, in_force) and mend(technician.pk)
    ]
    return Compared(people[-1].pk, mended)


@verb
def mend(technician_id: int) -> bool:
    """Write their rows anew under their lock.

    False where they are right: a change of theirs was just on its way.
    """
    lock_technician(technician_id)
    technician = _with_sources().get(pk=technician_id)
    if not _differs(technician, policies([technician.partner.country])):
        return False
    log.error("The search rows of technician %s were not those of their own data", technician_id)
    refresh_search_rows(technician)
    return True


@verb
def _note(before: SearchRowsCheck, compared: Compared) -> SearchRowsCheck:
    """How far it has come since `before`, and whom it had to mend; how far is not ours where
    another one was faster.
    """
    row = SearchRowsCheck.objects.select_for_update().get(pk=1)
    row.mended = [*row.mended, *compared.mended][:NAMED]
    row.mended_count += len(compared.mended)
    if (row.next_at, row.checked_to) == (before.next_at, before.checked_to):
        row.checked_to = compared.last
        if not compared.last:  # the end
            if row.mended_count:
                _tell_ops(row)
            row.next_at, row.mended, row.mended_count = _next_night(mila_now()), [], 0
    row.save()
    return row


def _tell_ops(row: SearchRowsCheck) -> None:
    notifications.queue(
        kind=KIND,
        subject_id=uuid4(),  # about no booking: every one is a message of its own
        round=0,
        email=settings.OPS_EMAIL,
        language="fr",
        context={
            "count": row.mended_count,
            "link": f"{settings.SITE_URL}/admin/accounts/technician/",
            "names": list(
                Technician.objects.filter(pk__in=row.mended)
                .order_by("pk")
                .values_list("name", flat=True)
            ),
        },
    )


def _next_night(at: datetime) -> datetime:
    day = wall_time(at, ZONE).date()
    tonight = instant(datetime.combine(day, AT), ZONE)
    return tonight if tonight > at else instant(datetime.combine(day + timedelta(days=1), AT), ZONE)


def _with_sources():
    return Technician.objects.select_related("partner").prefetch_related("skills", "search_rows")


def _differs(technician: Technician, in_force: Mapping[str, Policy]) -> bool:
    expected = expected_rows(technician, in_force[technician.partner.country])
    wanted = {row.skill_id: row for row in expected}
    there = {row.skill_id: row for row in technician.search_rows.all()}
    return wanted.keys() != there.keys() or any(
        _other(there[skill], row) for skill, row in wanted.items()
    )


def _other(row: SkillSearch, wanted: SkillSearch) -> bool:
    """Whatever the scores, where they were made under other figures than they are to be."""
    columns = [*PLACED, *SCORED] if row.scored_under == wanted.scored_under else PLACED
    return any(getattr(row, column) != getattr(wanted, column) for column in columns)
