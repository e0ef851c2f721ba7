"""A technician asks for a window of their own (rule D5, D6)."""

from datetime import datetime, timedelta

from django.db.models import F

from accounts.models import Technician
from dispatch import gate, matching
from dispatch.matching import Candidate
from dispatch.models import Offer, OfferState, Search
from dispatch.offers import searching, windows
from dispatch.offers.refusals import NotOffered, OfferTaken, TapsUsed, WindowHeld
from mila.clock import MilaNow, mila_now
from mila.transactions import verb
from requests_app import caps
from requests_app.lifecycle import lock_booking
from requests_app.models import OFFERED, Booking

# For so long the gate holds until the database has decided; the verdict then replaces it, whatever
# is there.
GATE_SPAN = timedelta(minutes=1)


def tap(booking_id: int, technician_id: int) -> Offer:
    """A window at once if nobody holds one, else they are next in line (rule D5, D6).

    Raises WindowHeld when they are in line, OfferTaken, NotOffered, TapsUsed. A repeat returns
    their open window.
    """
    token = gate.new_token()
    taken = gate.take(booking_id, token, GATE_SPAN)
    offer = None
    try:
        # The crowd stays off the row: who has the window, and wants to answer, does not queue
        # behind it.
        if _another_looks(booking_id, technician_id):
            _line_up(booking_id, technician_id)
            # else it has ended meanwhile, and it may be their turn
            if _another_looks(booking_id, technician_id):
                raise WindowHeld
        offer = _tap(booking_id, technician_id, token)
    finally:
        if taken and (offer is None or offer.lock_token != token):
            gate.release(booking_id, token)
    if offer.state == OfferState.QUEUED:
        raise WindowHeld
    return offer


def _another_looks(booking_id: int, technician_id: int) -> bool:
    """The database's word, read without a lock."""
    running = Offer.objects.filter(
        booking=booking_id, state=OfferState.OPEN, expires_at__gt=MilaNow()
    )
    return running.filter(epoch=F("booking__epoch")).exclude(technician=technician_id).exists()


@verb
def _line_up(booking_id: int, technician_id: int) -> None:
    """A place in line, without the booking's lock: should the booking move on meanwhile, the sweep
    ends it.
    """
    if Offer.objects.filter(
        booking=booking_id, technician=technician_id, state=OfferState.QUEUED
    ).exists():
        return
    booking = Booking.objects.get(pk=booking_id)
    if booking.technician_id == technician_id:
        raise OfferTaken
    at = mila_now()
    search = Search.objects.filter(booking=booking).latest("pk")
    _queue(booking, search, _admit(booking, search, technician_id, at))


@verb
def _tap(booking_id: int, technician_id: int, token: str) -> Offer:
    """Their open window, or place in queue: this must be kept, so the refusal is raised outside."""
    booking = lock_booking(booking_id)
    if booking.state not in OFFERED or booking.technician_id == technician_id:
        raise OfferTaken
    at = mila_now()
    search = searching.running_search(booking, at)
    if search is None:
        raise NotOffered
    held, queue, _withdrawn = windows.look_at_offers(booking, at)
    if held is not None and windows.is_over(held, at):
        windows.lapse(held, at)
        held = None
    # whoever waited longer comes first
    held = held or searching.offer_to_queue(booking, search, queue, at)
    if held is not None and held.technician_id == technician_id:
        return held
    candidate = _admit(booking, search, technician_id, at)
    if held is not None:
        return _queue(booking, search, candidate)
    offer = windows.open_for(booking, search, candidate, at, own_tap=True, viewed=True, token=token)
    if offer is None:  # they have got another window since
        raise NotOffered
    return offer


def _admit(booking: Booking, search: Search, technician_id: int, at: datetime) -> Candidate:
    """Whether it may be asked for now. Raises Paused, NotOffered, TapsUsed."""
    if caps.is_paused(technician_id, booking.policy, at):
        raise caps.Paused
    mine = Offer.objects.filter(booking=booking, technician=technician_id)
    candidate = matching.fitting_bookings(technician_id, [booking.pk], at).get(booking.pk)
    if candidate is None or candidate.in_window or not (search.pool_at or mine.exists()):
        raise NotOffered
    if searching.in_quiet_hours(booking, Technician.objects.get(pk=technician_id), at):
        raise NotOffered
    own = mine.filter(search=search, own_tap=True).exclude(
        state__in=[OfferState.WITHDRAWN, OfferState.QUEUED]
    )
    if own.count() >= booking.policy.own_windows_max:
        raise TapsUsed
    return candidate


def _queue(booking: Booking, search: Search, candidate: Candidate) -> Offer:
    """One place for each, however often they tap."""
    offer, _new = Offer.objects.get_or_create(
        booking=booking,
        technician_id=candidate.technician_id,
        state=OfferState.QUEUED,
        defaults={
            "search": search,
            "epoch": booking.epoch,
            "own_tap": True,
            "score_ppm": candidate.score_ppm,
            "distance_m": candidate.distance_m,
            "wishes": candidate.wishes,
        },
    )
    return offer
