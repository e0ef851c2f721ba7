"""Somebody else has the job: a technician in reserve is asked first should it be lost (rule L2)."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import SkillSearch
from dispatch.models import Offer, OfferState
from dispatch.offers import windows
from dispatch.offers.refusals import NotOffered, ReserveClosed
from mila.clock import mila_now
from mila.transactions import verb
from requests_app.lifecycle import lock_booking
from requests_app.lost_time import search_ends_at
from requests_app.models import Assignment, Booking, State

TAKEN = frozenset({State.CLAIMED, State.CALLED})  # and not confirmed yet


@verb
def keep_in_reserve(booking_id: int, technician_id: int) -> Offer:
    """They will be asked first if the job is lost (rule L2). Answers the offer that says so; a
    repeat the same one.

    Open to who was asked, neither said no nor had the job, and may be asked for its skill; until
    the visit is confirmed or the search would be over. Whether they are free is read when they are
    asked. Raises ReserveClosed, NotOffered and changes nothing.
    """
    booking = lock_booking(booking_id)
    at = mila_now()
    kept = Offer.objects.in_reserve().filter(booking=booking, technician=technician_id).first()
    if kept is not None:
        return kept
    if booking.state not in TAKEN or is_too_late(booking, at):
        raise ReserveClosed
    windows.look_at_offers(booking, at)  # they may have stood in line until a moment ago
    offer = last_offers(technician_id, at).filter(booking=booking).first()
    if offer is None:
        raise NotOffered
    offer.reserve_at = at
    offer.save(update_fields=["reserve_at"])
    return offer


@verb
def leave_reserve(booking_id: int, technician_id: int) -> None:
    """Taken back, whenever they like.

    A repeat changes nothing; a window that is open already stays theirs.
    """
    booking = lock_booking(booking_id)
    Offer.objects.in_reserve().filter(booking=booking, technician=technician_id).update(
        reserve_at=None
    )


def last_offers(technician_id: int, at: datetime) -> QuerySet[Offer]:
    """The last offer of each booking they may be in reserve for: not declined, never theirs, and
    they may be asked.
    """
    same = {"booking": OuterRef("booking"), "technician": OuterRef("technician")}
    valid = Q(valid_until=None) | Q(valid_until__gt=at)
    askable = SkillSearch.objects.filter(
        valid, technician=OuterRef("technician"), skill=OuterRef("booking__service__skill")
    )
    return Offer.objects.filter(
        ~Exists(Offer.objects.filter(pk__gt=OuterRef("pk"), **same)),
        ~Exists(Assignment.objects.filter(**same)),
        Exists(askable),
        technician=technician_id,
    ).exclude(state=OfferState.DECLINED)


def is_too_late(booking: Booking, at: datetime) -> bool:
    """A search would end at once (rule D10): nobody can be asked any more,
    unless the date moves.
    """
    return at >= search_ends_at(booking)
