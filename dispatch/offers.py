"""Offers and their windows: open, acknowledge, tap, claim, decline, expire, withdraw (PRODUCT D3-D7).

Lock order: booking, offer, technician. Redis is asked before and told after the transaction, never inside it; the
database's clock and its constraints decide (RELIABILITY 1.1).
"""

from datetime import datetime, timedelta

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician, User
from catalogue.policy import Policy
from dispatch import gate, matching
from dispatch.matching import Candidate
from dispatch.models import Offer, OfferState, Search, Trace
from mila import live
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import after_commit, verb
from requests_app import deadlines, notices
from requests_app.actions.assigning import attach
from requests_app.lifecycle import Role, advance, lock_booking
from requests_app.models import OFFERED, Booking, State

SEARCH = "dispatch.search"
TRY_AGAIN = timedelta(seconds=5)  # everybody suitable is looking at another offer
LOOK_AGAIN = timedelta(minutes=1)  # a pool is looked after
POOL_MAILS = 20


class OfferExpired(Refusal):
    sentence = _("Your two minutes are over. If the job is still open, you can ask for it again.")


class OfferTaken(Refusal):
    sentence = _("Somebody was faster: this job is taken. You lose nothing.")


class WindowHeld(Refusal):
    sentence = _("A colleague is looking at it right now. You are next in line.")


class NotOffered(Refusal):
    sentence = _("This job is not open to you.")


class TapsUsed(Refusal):
    sentence = _("You have looked at this job twice already.")


# --- Searching ---------------------------------------------------------------------------------------------------


def search(booking_id: int) -> Offer | None:
    """Withdraw what is outdated, then ask the next technician. Repeatable; answers the window that is open now."""
    withdraw(booking_id)
    return open_next(booking_id)


@verb
def open_next(booking_id: int) -> Offer | None:
    """Open the exclusive window for the next in line or the best one free, or the pool, or end the search (D3-D7, D10).

    Does nothing while a window is open. Answers the open offer, if there is one afterwards.
    """
    booking = Booking.objects.select_for_update(of=("self",)).filter(pk=booking_id).first()
    if booking is None or booking.state not in OFFERED:
        return None
    at = mila_now()
    run = running_search(booking, at)
    held = Offer.objects.filter(booking=booking, state=OfferState.OPEN).first()
    if run is None or held is not None:
        return held
    policy = booking.policy
    if at >= deadlines.search_limit(_start(booking), policy):
        _end(run, at, "limit")  # the booking's own clock makes the move
        return None
    night = deadlines.night_around(at, booking.timezone, policy)
    if night is not None and not opens_silently(booking, run, night[1]):
        _next(run, night[1])
        return None
    found = matching.candidates(booking, at)
    if not found:
        _give_up(booking, run, at)
        return None
    offer = None if night else _open_queued(booking, run, found, at)
    if offer is None and (night or run.pool_at or opens_to_all(booking, run, at)):
        _open_pool(booking, run, found, at, silent=night is not None)
        return None
    return offer or _open_best(booking, run, found, at)


def running_search(booking: Booking, at: datetime) -> Search | None:
    """The search of the event that last opened the booking; begun here if it has none, None when it has ended."""
    sequence = (
        booking.events.filter(target__in=OFFERED).order_by("-sequence").values_list("sequence", flat=True).first()
    )
    if sequence is None:
        return None
    Search.objects.filter(booking=booking, ended_at=None).exclude(round=sequence).update(
        ended_at=at, next_at=None, end="superseded"
    )
    run, _new = Search.objects.get_or_create(
        booking=booking, round=sequence, defaults={"started_at": at, "next_at": at}
    )
    return run if run.ended_at is None else None


def opens_to_all(booking: Booking, run: Search, at: datetime) -> bool:
    """Near its start, or after enough windows, all eligible see it at once (PRODUCT D6)."""
    policy = booking.policy
    return _start(booking) - at < policy.pool_lead or run.windows_ended >= policy.pool_after_windows


def opens_silently(booking: Booking, run: Search, morning: datetime) -> bool:
    """At night only for a booking that lost its partner and starts before 10:30, without a sound (PRODUCT D7)."""
    lost = booking.assignments.exists()
    latest = datetime.combine(morning.date(), booking.policy.silent_pool_before) - datetime.combine(
        morning.date(), booking.policy.night_to
    )
    return lost and _start(booking) < morning + latest


def _open_queued(booking: Booking, run: Search, found: list[Candidate], at: datetime) -> Offer | None:
    """The longest waiting of those who tapped while another looked (PRODUCT D5)."""
    fitting = {candidate.technician_id: candidate for candidate in found}
    for queued in Offer.objects.select_for_update().filter(booking=booking, state=OfferState.QUEUED).order_by("pk"):
        queued.state, queued.ended_at = OfferState.WITHDRAWN, at
        queued.save(update_fields=["state", "ended_at"])
        candidate = fitting.get(queued.technician_id)
        if candidate and not candidate.in_window:
            offer = _open(booking, run, candidate, at, own_tap=True)
            if offer:
                return offer
    return None


def _open_best(booking: Booking, run: Search, found: list[Candidate], at: datetime) -> Offer | None:
    limit = booking.policy.lapse_limit
    fresh = [candidate for candidate in found if candidate.asked < limit]
    if not fresh:
        _give_up(booking, run, at)
        return None
    _trace(booking, run, fresh, at)
    for candidate in fresh:
        if not candidate.in_window:
            offer = _open(booking, run, candidate, at)
            if offer:
                return offer
    _next(run, at + TRY_AGAIN)
    return None


def _open_pool(booking: Booking, run: Search, found: list[Candidate], at: datetime, *, silent: bool) -> None:
    """All eligible see it in their list; a tap opens a window. They are told once, at night nobody (PRODUCT D6, D7)."""
    if run.pool_at is None:
        run.pool_at = at
        run.save(update_fields=["pool_at"])
        _trace(booking, run, found, at)
        for technician in Technician.objects.filter(pk__in=[c.technician_id for c in found[:POOL_MAILS]]):
            live.publish(f"technician:{technician.pk}", "pool")
            if not silent:
                notices.queue(booking, "offer", round=booking.epoch, technician=technician)
    _next(run, at + LOOK_AGAIN)


def _open(
    booking: Booking, run: Search, candidate: Candidate, at: datetime, *, own_tap: bool = False, viewed: bool = False
) -> Offer | None:
    """Insert the open offer; None when this technician has just got another window. Holds the booking's lock."""
    technician = Technician.objects.get(pk=candidate.technician_id)
    window = booking.policy.offer_window + technician.window_extra
    expires_at = at + window if viewed else at + booking.policy.offer_ack_limit + window
    offer = Offer(
        booking=booking,
        search=run,
        technician=technician,
        epoch=booking.epoch + 1,
        state=OfferState.OPEN,
        own_tap=own_tap,
        silent=deadlines.night_around(at, booking.timezone, booking.policy) is not None,
        score_ppm=candidate.score_ppm,
        parts=candidate.parts,
        distance_m=candidate.distance_m,
        wishes=candidate.wishes,
        opened_at=at,
        acknowledged_at=at if viewed else None,
        viewed_at=at if viewed else None,
        expires_at=expires_at,
        lock_token=gate.new_token(),
    )
    try:
        with transaction.atomic():
            offer.save()
    except IntegrityError:
        return None
    booking.epoch += 1
    booking.save(update_fields=["epoch"])
    _next(run, None)
    after_commit(gate.put, booking.pk, offer.lock_token, expires_at - at + booking.policy.lock_slack)
    live.publish(f"technician:{technician.pk}", "offer")
    if not own_tap:
        notices.queue(booking, "offer", round=offer.epoch, technician=technician)
    return offer


def _give_up(booking: Booking, run: Search, at: datetime) -> None:
    """Nobody is left to ask: the search ends, the customer may choose another time (PRODUCT D10)."""
    _end(run, at, "nobody")
    if booking.state == State.SEARCHING:
        advance(booking.pk, "exhaust", role=Role.SYSTEM, by=None, at=at)
    else:
        notices.queue(booking, "unconfirmed_ops", round=booking.epoch)


def _trace(booking: Booking, run: Search, found: list[Candidate], at: datetime) -> None:
    """What was seen and chosen (PRODUCT D9). The place is rounded: a trace is no address book."""
    contact = booking.contact
    Trace.objects.create(
        search=run,
        at=at,
        inputs={
            "skill": booking.service.skill_id,
            "near": [round(contact.lat or 0, 2), round(contact.lon or 0, 2)],
            "wishes": [wish.start_at.isoformat() for wish in booking.wishes.all()],
            "newcomer_first": matching.asks_newcomer_first(booking),
            "weights_ppm": booking.policy_data["score_weights_ppm"],
        },
        best=[
            {"technician": c.technician_id, "score": c.score_ppm, **c.parts, "metres": c.distance_m, "asked": c.asked}
            for c in found
        ],
        excluded={"window_elsewhere": sum(c.in_window for c in found)},
    )


# --- The technician's side ---------------------------------------------------------------------------------------


@verb
def acknowledge(offer_id: int, technician_id: int) -> Offer:
    """His open page has the offer: his window runs from now, if it does not run already (PRODUCT D4)."""
    offer, booking = _lock_offer(offer_id, technician_id)
    at = mila_now()
    if offer.state == OfferState.OPEN and offer.viewed_at is None:
        offer.viewed_at = at
        if offer.acknowledged_at is None:
            offer.acknowledged_at = at
            offer.expires_at = min(_expiry(offer), at + booking.policy.offer_window + offer.technician.window_extra)
            left = offer.expires_at - at + booking.policy.lock_slack
            after_commit(gate.extend, booking.pk, offer.lock_token, left)
        offer.save(update_fields=["viewed_at", "acknowledged_at", "expires_at"])
    return offer


def tap(booking_id: int, technician_id: int) -> Offer:
    """He asks for a window of his own: at once if nobody holds one, else he is next in line (PRODUCT D5, D6).

    Raises WindowHeld when he was put in line, OfferTaken, NotOffered, TapsUsed. A repeat returns his open window.
    """
    policy = Policy()
    token = gate.new_token()
    free = gate.take(booking_id, token, policy.offer_window + policy.lock_slack)
    if not free and window_is_held(booking_id):
        return _queue(booking_id, technician_id)
    try:
        offer = _tap(booking_id, technician_id)
    except Refusal:
        gate.release(booking_id, token)
        raise
    if offer.state == OfferState.QUEUED:
        raise WindowHeld
    return offer


def window_is_held(booking_id: int) -> bool:
    """The database's word on it, without a lock."""
    return Offer.objects.filter(booking_id=booking_id, state=OfferState.OPEN).exists()


def _queue(booking_id: int, technician_id: int) -> Offer:
    offer = _tap(booking_id, technician_id)
    if offer.state == OfferState.QUEUED:
        raise WindowHeld
    return offer


@verb
def _tap(booking_id: int, technician_id: int) -> Offer:
    booking = lock_booking(booking_id)
    if booking.state not in OFFERED or booking.technician_id == technician_id:
        raise OfferTaken
    at = mila_now()
    held = Offer.objects.filter(booking=booking, state=OfferState.OPEN).first()
    if held is not None and held.technician_id == technician_id:
        return held
    run = running_search(booking, at)
    candidate = matching.fitting_bookings(technician_id, [booking_id], at).get(booking_id)
    mine = Offer.objects.filter(booking=booking, technician_id=technician_id)
    if run is None or candidate is None or candidate.in_window or not (run.pool_at or mine.exists()):
        raise NotOffered
    if (
        mine.filter(search=run, own_tap=True).exclude(state=OfferState.WITHDRAWN).count()
        >= booking.policy.own_windows_max
    ):
        raise TapsUsed
    if held is None:
        offer = _open(booking, run, candidate, at, own_tap=True, viewed=True)
        if offer is None:
            raise NotOffered
        return offer
    offer, _new = Offer.objects.get_or_create(
        booking=booking,
        technician_id=technician_id,
        state=OfferState.QUEUED,
        defaults={
            "search": run,
            "epoch": booking.epoch,
            "own_tap": True,
            "score_ppm": candidate.score_ppm,
            "distance_m": candidate.distance_m,
            "wishes": candidate.wishes,
        },
    )
    return offer


@verb
def claim(booking_id: int, technician_id: int, *, rank: int, by: User) -> Booking:
    """He takes the booking at the wish of this rank. Exactly one can (FAULT C1); his own repeat returns it (FAULT C8).

    The database's clock, read under the lock, says whether his window is still open. Raises OfferExpired, OfferTaken,
    NotOffered, TechnicianBusy, NoSuchWish and changes nothing.
    """
    booking = lock_booking(booking_id)
    if booking.technician_id == technician_id and booking.state != State.UNCONFIRMED:
        return booking
    offer = (
        Offer.objects.select_for_update(of=("self",))
        .select_related("technician__partner")
        .filter(booking=booking, technician_id=technician_id)
        .order_by("-pk")
        .first()
    )
    if offer is None:
        raise NotOffered
    if booking.state not in OFFERED:
        raise OfferTaken
    at = mila_now()
    if offer.state != OfferState.OPEN or offer.epoch != booking.epoch or at >= _expiry(offer):
        raise OfferExpired
    if offer.technician.partner.suspended_at is not None or not offer.technician.active:
        raise NotOffered
    offer.state, offer.ended_at = OfferState.CLAIMED, at
    offer.save(update_fields=["state", "ended_at"])
    _end(offer.search, at, "claimed")
    booking = attach(booking, technician_id, rank=rank, move="claim", role=Role.PARTNER, by=by, at=at)
    after_commit(gate.release, booking.pk, offer.lock_token)
    return booking


@verb
def decline(offer_id: int, technician_id: int, *, reason: str) -> Offer:
    """Not for him, with a reason in one tap; the next one is asked at once (PRODUCT D4). A repeat changes nothing."""
    offer, _booking = _lock_offer(offer_id, technician_id)
    if offer.state == OfferState.OPEN:
        offer.decline_reason = reason
        _close(offer, OfferState.DECLINED, mila_now())
    return offer


# --- Sweeps ------------------------------------------------------------------------------------------------------


@verb
def expire(offer_id: int) -> bool:
    """The window is over: lapsed, or not reached if he never saw it (PRODUCT D4). False when there is nothing to do."""
    booking_id = Offer.objects.filter(pk=offer_id).values_list("booking_id", flat=True).first()
    booking = Booking.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=booking_id).first()
    offer = Offer.objects.select_for_update().filter(pk=offer_id, state=OfferState.OPEN).first()
    at = mila_now()
    if booking is None or offer is None or at < _expiry(offer):
        return False
    seen = offer.acknowledged_at or offer.viewed_at
    _close(offer, OfferState.LAPSED if seen else OfferState.NOT_REACHED, at)
    return True


@verb
def withdraw(booking_id: int) -> int:
    """Offers that a later move has fenced, or that nobody needs any more, end without fault. Answers how many."""
    booking = lock_booking(booking_id)
    at = mila_now()
    stale = Offer.objects.select_for_update().filter(booking=booking, state__in=[OfferState.OPEN, OfferState.QUEUED])
    gone = 0
    for offer in stale:
        if booking.state in OFFERED and (offer.state == OfferState.QUEUED or offer.epoch == booking.epoch):
            continue
        offer.state, offer.ended_at = OfferState.WITHDRAWN, at
        offer.save(update_fields=["state", "ended_at"])
        after_commit(gate.release, booking.pk, offer.lock_token)
        live.publish(f"technician:{offer.technician_id}", "offer")
        gone += 1
    if booking.state not in OFFERED:
        Search.objects.filter(booking=booking, ended_at=None).update(ended_at=at, next_at=None, end="over")
    return gone


# --- Small pieces ------------------------------------------------------------------------------------------------


def _lock_offer(offer_id: int, technician_id: int) -> tuple[Offer, Booking]:
    """The offer and its booking under their locks, booking first; only his own (NotOffered)."""
    found = Offer.objects.filter(pk=offer_id, technician_id=technician_id).values_list("booking_id", flat=True).first()
    if found is None:
        raise NotOffered
    booking = lock_booking(found)
    return Offer.objects.select_for_update(of=("self",)).select_related("technician", "search").get(
        pk=offer_id
    ), booking


def _close(offer: Offer, state: OfferState, at: datetime) -> None:
    """A window ends without a claim; the search goes on now."""
    offer.state, offer.ended_at = state, at
    offer.save(update_fields=["state", "ended_at", "decline_reason"])
    Search.objects.filter(pk=offer.search_id, ended_at=None).update(windows_ended=F("windows_ended") + 1, next_at=at)
    after_commit(gate.release, offer.booking_id, offer.lock_token)
    live.publish(f"technician:{offer.technician_id}", "offer")
    after_commit(_send_search, offer.booking_id)


def _send_search(booking_id: int) -> None:
    current_app.tasks[SEARCH].delay(booking_id=booking_id)


def _end(run: Search, at: datetime, end: str) -> None:
    run.ended_at, run.next_at, run.end = at, None, end
    run.save(update_fields=["ended_at", "next_at", "end"])


def _next(run: Search, at: datetime | None) -> None:
    run.next_at = at
    run.save(update_fields=["next_at"])


def _start(booking: Booking) -> datetime:
    """Until a claim names one, "start" means the latest wish here (PRODUCT B2)."""
    start = booking.start_at or booking.last_start_at
    assert start is not None
    return start


def _expiry(offer: Offer) -> datetime:
    assert offer.expires_at is not None
    return offer.expires_at
