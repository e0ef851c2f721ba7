"""A window from its first second to its last: opened, acknowledged, expired, withdrawn
(rule D3, D4).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from celery import current_app
from django.db import IntegrityError, connection, transaction

from accounts.models import Notification, Technician
from dispatch import gate
from dispatch.matching import Candidate
from dispatch.models import Offer, OfferState, Search
from dispatch.offers.refusals import NotOffered
from mila.clock import MilaNow, mila_now
from mila.streams import publish
from mila.transactions import after_commit, verb
from places.distance import rounded_km
from requests_app import deadlines, notices
from requests_app.lifecycle import lock_booking, lock_unless_locked
from requests_app.lost_time import search_ends_at
from requests_app.models import OFFERED, Booking
from requests_app.moves import SEARCH


def open_for(
    booking: Booking,
    search: Search,
    candidate: Candidate,
    at: datetime,
    *,
    own_tap: bool = False,
    viewed: bool = False,
    token: str = "",
) -> Offer | None:
    """Open the window of this technician; None when they just got another one. The caller holds the
    booking's lock.

    It starts when their device acknowledges, at latest after the limit (rule D4); at once after a
    tap (`viewed`). No window outlives the search.
    """
    policy = booking.policy
    technician = Technician.objects.select_related("user", "partner").get(
        pk=candidate.technician_id
    )
    length = policy.offer_window + technician.window_extra
    expires_at = at + length if viewed else at + policy.offer_ack_limit + length
    offer = Offer(
        booking=booking,
        search=search,
        technician=technician,
        epoch=booking.epoch + 1,
        state=OfferState.OPEN,
        own_tap=own_tap,
        silent=deadlines.night_around(at, booking.timezone, policy) is not None,
        from_reserve=candidate.reserve,
        score_ppm=candidate.score_ppm,
        parts=candidate.parts,
        distance_m=candidate.distance_m,
        wishes=candidate.wishes,
        opened_at=at,
        acknowledged_at=at if viewed else None,
        viewed_at=at if viewed else None,
        expires_at=min(expires_at, search_ends_at(booking)),
        lock_token=token or gate.new_token(),
    )
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError:
        return None
    booking.epoch += 1
    booking.save(update_fields=["epoch"])
    look_again(search, None)
    after_commit(gate.put, booking.pk, offer.lock_token, _expiry(offer) - at + policy.lock_slack)
    publish.publish(f"technician:{technician.pk}", "offer")
    if not viewed:
        tell(booking, technician, candidate, until_at=offer.expires_at)
    return offer


def tell(
    booking: Booking,
    technician: Technician,
    candidate: Candidate,
    *,
    until_at: datetime | None = None,
) -> Notification | None:
    """A message with no more than they may know before the claim: the distance is rounded already
    here (rule D8).
    """
    given: dict[str, Any] = {"distance_m": rounded_km(candidate.distance_m) * 1000}
    if until_at is not None:
        given |= {"until_at": until_at, "from_reserve": candidate.reserve}
    return notices.queue(booking, "offer", round=booking.epoch, technician=technician, **given)


@verb
def acknowledge(offer_id: int, technician_id: int, *, viewed: bool = True) -> Offer:
    """Their device has the offer: the window runs from now, if it does not run already (rule D4).

    `viewed`: on the open page, by a person; otherwise a notification shows it. A repeat changes
    nothing, and neither does one that comes after the end.
    """
    offer, booking, at = lock_offer(offer_id, technician_id)
    if offer.state != OfferState.OPEN or at >= _expiry(offer):
        return offer
    if viewed and offer.viewed_at is None:
        offer.viewed_at = at
    if offer.acknowledged_at is None:
        offer.acknowledged_at = at
        offer.expires_at = min(
            _expiry(offer), at + booking.policy.offer_window + offer.technician.window_extra
        )
        left = offer.expires_at - at + booking.policy.lock_slack
        after_commit(gate.extend, booking.pk, offer.lock_token, left)
    offer.save(update_fields=["viewed_at", "acknowledged_at", "expires_at"])
    return offer


@verb
def expire(offer_id: int) -> bool:
    """The window is over: lapsed, or not reached if they never saw it (rule D4). False when there
    is nothing to do.

    One that a later move has fenced ends without fault instead, though its time is over too.
    """
    booking = lock_unless_locked(offers=offer_id)
    if booking is None:
        return False
    locked = Offer.objects.select_for_update(of=("self",)).annotate(now=MilaNow())
    offer = locked.filter(pk=offer_id, state=OfferState.OPEN).first()
    if offer is None or not is_over(offer, offer.now):
        return False
    at = offer.now
    if is_fenced(offer, booking):
        look_at_offers(booking, at)
    else:
        lapse(offer, at)
    return True


@verb
def withdraw(booking_id: int) -> int:
    """Offers that a later move has fenced, or that nobody needs any more, end without fault.
    Answers how many.

    With them the reserves that nobody needs any more.
    """
    booking = lock_booking(booking_id)
    over = (
        end_reserves(Offer.objects.reserve_over().filter(booking=booking))
        if booking.state not in OFFERED
        else 0
    )
    return look_at_offers(booking, mila_now()).withdrawn + over


# --- Pieces for the verbs beside this one; the caller holds the booking's lock


def lock_offer(offer_id: int, technician_id: int) -> tuple[Offer, Booking, datetime]:
    """The offer and its booking under their locks, booking first, and the instant then; only their
    own (NotOffered).
    """
    try:
        booking = lock_booking(offers=offer_id, offers__technician=technician_id)
    except Booking.DoesNotExist:
        raise NotOffered from None
    locked = (
        Offer.objects.select_for_update(of=("self",))
        .select_related("technician")
        .annotate(now=MilaNow())
    )
    offer = locked.get(pk=offer_id)
    return offer, booking, offer.now


def is_over(offer: Offer, at: datetime) -> bool:
    """By the database's clock, whether or not the sweep has been by."""
    return at >= _expiry(offer)


def is_fenced(offer: Offer, booking: Booking) -> bool:
    """A later move has ended what this offer was about. One in the line has no epoch to lose."""
    return booking.state not in OFFERED or (
        offer.state == OfferState.OPEN and offer.epoch != booking.epoch
    )


class Offers(NamedTuple):
    """A booking's open window, the line behind it, longest waiting first, and how many were
    withdrawn at this look.
    """

    held: Offer | None
    queue: list[Offer]
    withdrawn: int


def look_at_offers(booking: Booking, at: datetime) -> Offers:
    """What is open or waits, under its locks. What a later move has fenced ends here, without
    fault.

    So does the search of a booking that needs nobody any more.
    """
    if booking.state not in OFFERED:
        Search.objects.filter(booking=booking, ended_at=None).update(
            ended_at=at, next_at=None, end="over"
        )
    waiting = (
        Offer.objects.select_for_update(of=("self",)).select_related("technician").order_by("pk")
    )
    held, queue, withdrawn = None, [], 0
    for offer in waiting.filter(booking=booking, state__in=[OfferState.OPEN, OfferState.QUEUED]):
        if is_fenced(offer, booking):
            end(offer, OfferState.WITHDRAWN, at)
            withdrawn += 1
        elif offer.state == OfferState.OPEN:
            held = offer
        else:
            queue.append(offer)
    return Offers(held, queue, withdrawn)


def lapse(offer: Offer, at: datetime) -> None:
    """Its time is over and nobody has answered."""
    close(offer, OfferState.LAPSED if offer.acknowledged_at else OfferState.NOT_REACHED, at)


# The window's end and the search's next step, in one statement.
CLOSE = """
WITH next AS (
    UPDATE dispatch_search SET windows_ended = windows_ended + 1, next_at = %s WHERE id = %s
      AND ended_at IS NULL)
UPDATE dispatch_offer SET state = %s, ended_at = %s, decline_reason = %s WHERE id = %s
"""


def close(offer: Offer, state: OfferState, at: datetime) -> None:
    """A window ends without a claim, by their doing or not; the search goes on now."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [at, offer.search_id, state, at, offer.decline_reason, offer.pk])
    _ended(offer, state, at)
    # silent: not counted (rule D7)
    if offer.from_reserve and (state == OfferState.DECLINED or not offer.silent):
        end_reserves(
            Offer.objects.in_reserve().filter(
                booking=offer.booking_id, technician=offer.technician_id
            )
        )
    after_commit(_send_search, offer.booking_id)


def end(offer: Offer, state: OfferState, at: datetime) -> None:
    """The row is history; the gate is free again, and their page is told."""
    _ended(offer, state, at)
    offer.save(update_fields=["state", "ended_at", "decline_reason"])


def _ended(offer: Offer, state: OfferState, at: datetime) -> None:
    offer.state, offer.ended_at = state, at
    if offer.lock_token:
        after_commit(gate.release, offer.booking_id, offer.lock_token)
    publish.publish(f"technician:{offer.technician_id}", "offer")


def end_reserves(offers: Iterable[Offer]) -> int:
    """They are no longer in reserve, and their pages are told (rule L2). Answers how many."""
    ended = list(offers)
    for offer in ended:
        offer.reserve_at = None
        offer.save(update_fields=["reserve_at"])
        publish.publish(f"technician:{offer.technician_id}", "offer")
    return len(ended)


def look_again(search: Search, at: datetime | None) -> None:
    """When the search takes its next step; None while a window is open."""
    search.next_at = at
    search.save(update_fields=["next_at"])


def start_of(booking: Booking) -> datetime:
    """Until a claim names one, "start" means the latest wish here (rule B2)."""
    start = booking.start_at or booking.last_start_at
    assert start is not None
    return start


def _send_search(booking_id: int) -> None:
    """A lost message costs a second: the search's own clock says the same."""
    current_app.tasks[SEARCH].delay(booking_id=booking_id)


def _expiry(offer: Offer) -> datetime:
    assert offer.expires_at is not None
    return offer.expires_at
