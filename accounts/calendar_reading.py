"""A technician's other calendar, read again and again: its busy times are rows of theirs, and every
search reads them like jobs and absences (rule D1).

Asked with no transaction open; written in one, with the word that it was read. A repeat finds the
same rows and touches none: what the search may be asked about later keeps its instants.
"""

import time
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.busy_times import NotACalendar, Span, TooMuch, busy_spans
from accounts.calendar_rows import CalendarSource, ReadFailure
from accounts.models import CalendarEntry, CalendarEntryKind, Technician
from accounts.search import lock_technician
from mila import public_http
from mila.clock import mila_now
from mila.errors import Refusal
from mila.sweeping import handle_each
from mila.transactions import verb
from places.place import TIME_ZONES
from policy.figures import Policy
from policy.queries import policy_at

MOST_OCTETS = 2_000_000
BEYOND = timedelta(days=2)  # past the last start that can be booked: a visit and the way from it
BATCH = 200
SWEEP_S = 30.0  # after that nothing new is begun: slow servers must not hold the worker


class AddressNotAllowed(Refusal):
    sentence = ReadFailure.NOT_ALLOWED.label


FAILURES: dict[type[Exception], ReadFailure] = {
    public_http.NotAllowed: ReadFailure.NOT_ALLOWED,
    public_http.NotReached: ReadFailure.NOT_REACHED,
    public_http.TooLarge: ReadFailure.TOO_LARGE,
    NotACalendar: ReadFailure.NOT_A_CALENDAR,
    TooMuch: ReadFailure.TOO_LARGE,
}


@verb
def follow_calendar(technician_id: int, address: str) -> CalendarSource:
    """Their other calendar is at this address from now on, and read with the next sweep; what the
    one before said ends. The same address again is read anew.

    Raises AddressNotAllowed for one that is no public https address by its look.
    """
    address = address.strip()
    if address.lower().startswith("webcal://"):  # what calendar programs call it
        address = f"https://{address[len('webcal://') :]}"
    try:
        public_http.checked(address)
    except public_http.NotAllowed as error:
        raise AddressNotAllowed from error
    technician = lock_technician(technician_id)
    source, at = CalendarSource.objects.filter(technician=technician).first(), mila_now()
    if source is not None and source.address == address:
        source.due_at = at
        source.save(update_fields=["due_at"])
        return source
    _end(technician)
    return CalendarSource.objects.create(
        technician=technician, address=address, made_at=at, due_at=at
    )


@verb
def leave_calendar(technician_id: int) -> bool:
    """Their other calendar is read no more, and its busy times are free. False: there was none."""
    return _end(lock_technician(technician_id))


def _end(technician: Technician) -> bool:
    _busy(technician).delete()
    return bool(CalendarSource.objects.filter(technician=technician).delete()[0])


def _busy(technician: Technician):
    return CalendarEntry.objects.filter(technician=technician, kind=CalendarEntryKind.BUSY)


# --- Reading


def sweep() -> None:
    """The calendars that are due, the longest overdue first."""
    due = CalendarSource.objects.filter(due_at__lte=mila_now()).order_by("due_at")
    until = time.monotonic() + SWEEP_S
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    handle_each(read, (pk for pk in ids if time.monotonic() < until))


def read(source_id: int) -> bool:
    """Ask there, and make the technician's busy times what it says. False: it is not due.

    The next time is set before the question: whoever comes beside asks no second time, and a worker
    that is killed meanwhile leaves it to the next time. A failure leaves the times as they were.
    """
    source, at = _ask_again_later(source_id), mila_now()
    if source is None:
        return False
    technician = source.technician
    end = at + policy_at(at, technician.partner.country).horizon + BEYOND
    try:
        document = public_http.get(source.address, most=MOST_OCTETS)
        spans = busy_spans(
            document,
            TIME_ZONES[technician.partner.country],
            at,
            end,
            own_host=urlsplit(settings.SITE_URL).hostname or "",
        )
    except tuple(FAILURES) as error:
        _note_failure(source, FAILURES[type(error)])
    else:
        _replace(source, spans)
    return True


@verb
def _ask_again_later(source_id: int) -> CalendarSource | None:
    at = mila_now()
    source = (
        CalendarSource.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("technician__partner")
        .filter(pk=source_id, due_at__lte=at)
        .first()
    )
    if source is not None:
        source.due_at = at + _interval(source.technician)
        source.save(update_fields=["due_at"])
    return source


def _interval(technician: Technician) -> timedelta:
    policy: Policy = policy_at(mila_now(), technician.partner.country)
    return policy.calendar_read_every


def _note_failure(source: CalendarSource, failure: ReadFailure) -> None:
    """Of that address: it may have become another one meanwhile, or none."""
    CalendarSource.objects.filter(pk=source.pk).update(failure=failure)


@verb
def _replace(source: CalendarSource, spans: list[Span]) -> None:
    """Whole, by what differs: what stays is not touched. A source that has ended meanwhile writes
    nothing; another address is another row.
    """
    technician = lock_technician(source.technician_id)
    read = CalendarSource.objects.filter(pk=source.pk).update(read_at=mila_now(), failure="")
    if not read:
        return
    kept = {(row.during.lower, row.during.upper): row.pk for row in _busy(technician)}
    wanted = set(spans)
    _busy(technician).filter(
        pk__in=[pk for span, pk in kept.items() if span not in wanted]
    ).delete()
    CalendarEntry.objects.bulk_create(
        CalendarEntry(
            technician=technician,
            during=DateTimeTZRange(*span, "[)"),
            kind=CalendarEntryKind.BUSY,
        )
        for span in spans
        if span not in kept
    )
