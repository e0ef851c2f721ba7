"""The technician's answer: taken, or not for them (rule D3, D4, B2)."""

from datetime import datetime

from accounts.models import User
from dispatch import gate, matching
from dispatch.models import Offer, OfferState
from dispatch.offers import windows
from dispatch.offers.refusals import NotOffered, OfferExpired, OfferTaken
from dispatch.offers.searching import end_search
from mila.clock import mila_now
from mila.transactions import after_commit, verb
from requests_app import caps
from requests_app.actions.assigning import NoSuchWish, attach
from requests_app.lifecycle import Role, lock_booking
from requests_app.models import OFFERED, Booking, State


@verb
def claim(booking_id: int, technician_id: int, *, rank: int, by: User) -> Booking:
    """The booking is theirs at the wish of this rank. Exactly one can (fault C1); a repeat returns it (fault C8).

    The database's clock, read under the lock, says whether the window is still open; whether they may still be asked is
    read anew (fault C10), and so are the caps (fault A4). Raises OfferExpired,
    OfferTaken, NotOffered, Paused, TechnicianBusy, NoSuchWish and changes nothing.
    """
    booking = lock_booking(booking_id)
    if booking.technician_id == technician_id and booking.state != State.UNCONFIRMED:
        return booking
    offer = (
        Offer.objects.select_for_update(of=("self",))
        .select_related("technician__partner", "search")
        .filter(booking=booking, technician=technician_id)
        .order_by("-pk")
        .first()
    )
    if offer is None:
        raise NotOffered
    at = mila_now()
    check_claimable(booking, offer, at)
    if not matching.may_be_asked(offer.technician, booking.service.skill_id, at):
        raise NotOffered
    if caps.is_paused(technician_id, booking.policy, at):
        raise caps.Paused
    if rank not in offer.wishes:
        raise NoSuchWish
    offer.state, offer.ended_at = OfferState.CLAIMED, at
    offer.save(update_fields=["state", "ended_at"])
    end_search(offer.search, at, "claimed")
    attach(booking, technician_id, rank=rank, move="claim", role=Role.PARTNER, by=by, at=at)
    after_commit(gate.release, booking.pk, offer.lock_token)
    return booking


def check_claimable(booking: Booking, offer: Offer, at: datetime) -> None:
    """The database's verdict on a claim; both rows are locked. Raises OfferTaken, OfferExpired."""
    if booking.state not in OFFERED:
        raise OfferTaken
    if offer.state != OfferState.OPEN or windows.is_fenced(offer, booking) or windows.is_over(offer, at):
        raise OfferExpired


@verb
def decline(offer_id: int, technician_id: int, *, reason: str) -> Offer:
    """Not for them, with a reason in one tap; the next one is asked at once (rule D4). A repeat changes nothing."""
    offer, _booking = windows.lock_offer(offer_id, technician_id)
    if offer.state == OfferState.OPEN:
        offer.decline_reason = reason
        windows.close(offer, OfferState.DECLINED, mila_now())
    return offer
