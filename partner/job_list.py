"""Their jobs as a list: what is to do first, what comes, what is done."""

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Subquery

from accounts.models import Technician
from partner import earnings, wording
from partner.wording import Step
from requests_app import access
from requests_app.models import (
    AT_WORK,
    UNDO,
    Booking,
    BookingEvent,
    Quote,
    State,
)

S = State
# Something is asked of them now or very soon; the rest of what they have lies ahead, or behind.
PRESSING = AT_WORK | {S.CLAIMED, S.CALLED, S.UNCONFIRMED, S.FINISHED}
DONE = frozenset({S.SIGNED_OFF, S.SETTLED, S.FAILED, S.CONTESTED})
PAGE = 20


@dataclass(frozen=True)
class JobRow:
    """One job of a list, with its next move."""

    booking: Booking
    badge: tuple[str, str]
    step: Step
    partner_cents: int


@dataclass(frozen=True)
class Jobs:
    """The list: what is to do first (clocks near due on top), what comes, what is done."""

    first: list[JobRow]
    upcoming: list[JobRow]
    done: Page


def jobs_page(technician: Technician, at: datetime, number: str | None) -> Jobs:
    """Their jobs. Four queries, however many there are."""
    mine = _with_entry(access.jobs_of_technician(technician).select_related("way"))
    rows = [_row(technician, booking, at) for booking in mine.exclude(state__in=DONE)]
    first = sorted((row for row in rows if row.booking.state in PRESSING), key=_due)
    done = Paginator(mine.filter(state__in=DONE).order_by("-start_at"), PAGE).get_page(number)
    done.object_list = [_row(technician, booking, at) for booking in done.object_list]
    return Jobs(
        first=first, upcoming=[row for row in rows if row.booking.state not in PRESSING], done=done
    )


def _with_entry(bookings):
    """Adds `entered_at`, when the present state began, and `final_cents`,
    the price that is agreed.
    """
    here = BookingEvent.objects.filter(booking=OuterRef("pk"), target=OuterRef("state")).exclude(
        move__startswith=UNDO
    )
    last = here.order_by("-sequence").values("at")[:1]
    quote = (
        Quote.objects.agreed()
        .filter(booking=OuterRef("pk"))
        .order_by("-version")
        .values("service_cents")[:1]
    )
    return bookings.annotate(entered_at=Subquery(last), final_cents=Subquery(quote))


def _row(technician: Technician, booking, at: datetime) -> JobRow:
    """From a booking of `_with_entry`."""
    access.with_own_partner(technician, booking)
    return JobRow(
        booking=booking,
        badge=wording.badge(booking.state),
        step=wording.next_step(booking, at, booking.entered_at),
        partner_cents=earnings.share(booking, booking.final_cents),
    )


def _due(row: JobRow) -> datetime:
    promise = row.step.promise
    return promise.due_at if promise else row.booking.start_at
