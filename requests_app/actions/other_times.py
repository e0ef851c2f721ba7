"""Another start the technician notes: the customer's wish, or a second appointment; it counts once
the customer says yes (rule B9, L8, L11).
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.search import lock_technician
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app import deadlines, notices
from requests_app.actions import changes, visit
from requests_app.actions.assigning import TechnicianBusy, agree_on, is_free, slot
from requests_app.actions.drafting import check_wish, write_wishes
from requests_app.actions.notes import HoldsPassword
from requests_app.lifecycle import IllegalMove, Locked, Role, advance, lock_booking, read_clock
from requests_app.live_pages import tell_both
from requests_app.models import (
    AT_THE_DOOR,
    BEFORE_DEPARTURE,
    Assignment,
    Booking,
    ProposalKind,
    TimeProposal,
)
from requests_app.passwords import mentions_password

LONGEST_REASON = 200


class ProposalGone(Refusal):
    sentence = _("This proposal no longer holds. Please look at the page once more.")


class WhatIsMissing(Refusal):
    sentence = _("Please say what is missing, so that the customer knows why.")


class SameTime(Refusal):
    sentence = _("This is the time that is agreed already.")


class VisitIsLate(Refusal):
    """Who is late proposes no other time: what happens then is the customer's to say (rule L9)."""

    sentence = _(
        "The agreed time has passed. What happens now is for the customer to say: please call them."
    )


def kind_of(booking: Booking, at: datetime) -> ProposalKind | None:
    """What may be proposed now: another time before the visit, until it is late; a second
    appointment at it.
    """
    if booking.state in BEFORE_DEPARTURE:
        return None if _is_late(booking, at) else ProposalKind.WISH
    return ProposalKind.SECOND if booking.state in AT_THE_DOOR else None


@verb
def propose(
    booking_id: int, technician_id: int, *, wall: datetime, reason: str = ""
) -> TimeProposal:
    """Note a start down and tell the customer; nothing moves. One that waited before falls; a
    repeat is the same one.

    Before the visit it is the customer's wish, and may be one at which the technician is busy: then
    the customer reads that somebody else would come. At the visit it is the technician's own second
    appointment, and says what is missing. Locks the booking. Raises NotYours, IllegalMove,
    VisitIsLate, SameTime, TechnicianBusy, WhatIsMissing, HoldsPassword, and the refusals of
    places.calendar.
    """
    booking = visit.lock_own(booking_id, technician_id)
    at = mila_now()
    kind = kind_of(booking, at)
    if kind is None and booking.state in BEFORE_DEPARTURE:
        raise VisitIsLate
    if kind is None:
        raise IllegalMove("propose_time", booking.state, Role.PARTNER)
    start_at = check_wish(booking, wall, at)
    running = Assignment.objects.select_related("calendar_entry").get(
        booking=booking, ended_at=None
    )
    waits = open_proposal(booking, at)
    if waits is not None and (waits.start_at, waits.reason) == (start_at, reason.strip()):
        return waits
    if start_at == booking.start_at:
        raise SameTime
    if kind == ProposalKind.SECOND:
        if not reason.strip():
            raise WhatIsMissing
        if not is_free(
            lock_technician(technician_id), slot(booking, start_at), but=running.calendar_entry
        ):
            raise TechnicianBusy
    if mentions_password(reason):
        raise HoldsPassword
    _unanswered(booking).update(withdrawn_at=at)
    proposal = TimeProposal.objects.create(
        booking=booking,
        assignment=running,
        kind=kind,
        wall=wall.isoformat(timespec="minutes"),
        start_at=start_at,
        instead_of_at=running.start_at,
        reason=reason.strip()[:LONGEST_REASON],
        proposed_at=at,
    )
    notices.queue(
        booking,
        "time_proposed",
        round=proposal.pk,
        proposed_at=start_at,
        second=kind == ProposalKind.SECOND,
    )
    tell_both(booking, "time")
    return proposal


def open_proposal(booking: Booking, at: datetime) -> TimeProposal | None:
    """The one that waits for the customer and still holds: same technician, same agreed start, its
    hour not past, the visit not late.
    """
    found = _unanswered(booking).filter(assignment__ended_at=None, start_at__gt=at).first()
    holds = (
        found is not None
        and found.instead_of_at == booking.start_at
        and found.kind == kind_of(booking, at)
    )
    return found if holds else None


@verb
def accept(booking_id: int, proposal_id: int, *, role: Role, by: User | None) -> Booking:
    """The customer's yes, or that of ops for a caller: the visit moves as if the customer had moved
    it (rule B9).

    A second appointment keeps technician and price (rule L11). A repeat returns the booking. Locks
    the booking, then the technician. Raises ProposalGone, TechnicianBusy, CardEndsBefore.
    """
    booking = lock_booking(booking_id)
    if booking.time_proposals.filter(pk=proposal_id, accepted_at__isnull=False).exists():
        return booking
    proposal = _waiting(booking, proposal_id)
    proposal.accepted_at = mila_now()
    proposal.save(update_fields=["accepted_at"])
    wall = datetime.fromisoformat(proposal.wall)
    if proposal.kind == ProposalKind.WISH:
        return changes.move(booking_id, [wall], role=role, by=by)
    return _continue_later(booking, proposal, wall, role=role, by=by)


@verb
def decline(booking_id: int, proposal_id: int) -> Booking:
    """The customer's no: what is agreed stays, the technician is told. Repeatable.

    Raises ProposalGone.
    """
    booking = lock_booking(booking_id)
    if booking.time_proposals.filter(pk=proposal_id, declined_at__isnull=False).exists():
        return booking
    proposal = _waiting(booking, proposal_id)
    proposal.declined_at = mila_now()
    proposal.save(update_fields=["declined_at"])
    notices.queue(booking, "job_time_declined", round=proposal.pk)
    tell_both(booking, "time")
    return booking


def _waiting(booking: Locked, proposal_id: int) -> TimeProposal:
    proposal = open_proposal(booking, mila_now())
    if proposal is None or proposal.pk != proposal_id:
        raise ProposalGone
    return proposal


def _continue_later(
    booking: Locked, proposal: TimeProposal, wall: datetime, *, role: Role, by: User | None
) -> Booking:
    """The same technician comes again at the same price; their time and the code at the door are
    new ones.
    """
    assert booking.technician_id is not None
    technician = lock_technician(booking.technician_id)
    running = Assignment.objects.select_related("calendar_entry").get(
        booking=booking, ended_at=None
    )
    at = read_clock(booking)
    write_wishes(booking, [wall], at)
    if changes.card_ends(booking):
        raise changes.CardEndsBefore
    if not is_free(technician, slot(booking, proposal.start_at), but=running.calendar_entry):
        raise TechnicianBusy
    met = running.code_typed_at is not None  # the second appointment has a code of its own
    agree_on(booking, running, proposal.start_at)
    return advance(
        booking,
        "continue_later",
        role=role,
        by=by,
        at=at,
        reason=proposal.reason,
        data={"met": met},
        start_at=proposal.start_at,
        clocks_from_at=at,
        cancel_start_at=None,
        first_start_at=booking.first_start_at,
        last_start_at=booking.last_start_at,
    )


def _is_late(booking: Booking, at: datetime) -> bool:
    return booking.start_at is not None and at >= deadlines.late_at(
        booking.start_at, booking.policy
    )


def _unanswered(booking: Booking):
    return booking.time_proposals.filter(accepted_at=None, declined_at=None, withdrawn_at=None)
