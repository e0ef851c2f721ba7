"""He asks for a window of his own (PRODUCT D5, D6)."""

from accounts.models import Technician
from catalogue.policy import Policy
from dispatch import gate, matching
from dispatch.models import Offer, OfferState
from dispatch.offers import searching, windows
from dispatch.offers.refusals import NotOffered, OfferTaken, TapsUsed, WindowHeld
from mila.clock import mila_now
from mila.transactions import verb
from requests_app.lifecycle import lock_booking
from requests_app.models import OFFERED

# What the gate holds until the database has decided and written the true end.
GATE_SPAN = Policy().offer_window + Policy().lock_slack


def tap(booking_id: int, technician_id: int) -> Offer:
    """A window at once if nobody holds one, else he is next in line (PRODUCT D5, D6).

    Raises WindowHeld when he is in line, OfferTaken, NotOffered, TapsUsed. A repeat returns his open window.
    """
    token = gate.new_token()
    taken = gate.take(booking_id, token, GATE_SPAN)
    if not taken and _waits(booking_id, technician_id):
        raise WindowHeld  # a crowd that taps again and again never queues for the booking's row
    offer = None
    try:
        offer = _tap(booking_id, technician_id, token)
    finally:
        if taken and (offer is None or offer.lock_token != token):
            gate.release(booking_id, token)
    if offer.state == OfferState.QUEUED:
        raise WindowHeld
    return offer


def _waits(booking_id: int, technician_id: int) -> bool:
    """He is in line and somebody's window is open: the database's word, read without a lock."""
    mine = Offer.objects.filter(booking=booking_id, technician=technician_id, state=OfferState.QUEUED)
    return windows.open_offer(booking_id) is not None and mine.exists()


@verb
def _tap(booking_id: int, technician_id: int, token: str) -> Offer:
    """His open window, or his place in line: this must be kept, so the refusal is raised outside."""
    booking = lock_booking(booking_id)
    if booking.state not in OFFERED or booking.technician_id == technician_id:
        raise OfferTaken
    at = mila_now()
    run = searching.running_search(booking, at)
    if run is None:
        raise NotOffered
    windows.withdraw_fenced(booking, at)
    held = windows.open_offer(booking_id)
    if held is not None and windows.is_over(held, at):
        windows.lapse(held, at)
        held = None
    held = held or searching.serve_queue(booking, run, at)  # whoever waited longer comes first
    if held is not None and held.technician_id == technician_id:
        return held
    mine = Offer.objects.filter(booking=booking, technician=technician_id)
    candidate = matching.fitting_bookings(technician_id, [booking_id], at).get(booking_id)
    if candidate is None or candidate.in_window or not (run.pool_at or mine.exists()):
        raise NotOffered
    if searching.sleeps(booking, Technician.objects.get(pk=technician_id), at):
        raise NotOffered
    queued = mine.filter(state=OfferState.QUEUED).first()
    if queued is not None:
        return queued
    own = mine.filter(search=run, own_tap=True).exclude(state=OfferState.WITHDRAWN)
    if own.count() >= booking.policy.own_windows_max:
        raise TapsUsed
    if held is not None:
        return Offer.objects.create(
            booking=booking,
            search=run,
            technician_id=technician_id,
            epoch=booking.epoch,
            state=OfferState.QUEUED,
            own_tap=True,
            score_ppm=candidate.score_ppm,
            distance_m=candidate.distance_m,
            wishes=candidate.wishes,
        )
    offer = windows.open_for(booking, run, candidate, at, own_tap=True, viewed=True, token=token)
    if offer is None:  # he has got another window since
        raise NotOffered
    return offer
