"""Who is asked next: the next in line, the best one free, or all at once (rule D3, D5-D7, D10)."""

from datetime import datetime, timedelta

from django.db.models import Subquery, prefetch_related_objects

from accounts.models import Technician
from dispatch import matching, tracing
from dispatch.matching import Candidate
from dispatch.models import Offer, OfferState, Search
from dispatch.offers import windows
from mila.streams import publish
from mila.transactions import verb
from requests_app import deadlines, notices
from requests_app.lifecycle import Locked, Role, advance, lock_booking, read_clock
from requests_app.lost_time import search_ends_at
from requests_app.models import OFFERED, Booking, BookingEvent, State

TRY_AGAIN = timedelta(seconds=5)  # everybody suitable is looking at another offer
LOOK_AGAIN = timedelta(minutes=5)  # a pool is looked after: has anybody come, is nobody left
POOL_MAILS = 20


@verb
def open_next(booking_id: int) -> Offer | None:
    """Open the window of the next in line or of the best one free, or the pool, or end the search
    (rule D3-D7, D10).

    What a later move has outdated is withdrawn first. Does nothing more while a window is open.
    Answers the open offer, if there is one afterwards. Raises Booking.DoesNotExist.
    """
    booking = lock_booking(booking_id)
    at = read_clock(booking)
    held, queue, _withdrawn = windows.look_at_offers(booking, at)
    if booking.state not in OFFERED:
        return None
    search = running_search(booking, at)
    if search is None or held is not None:
        return held
    policy = booking.policy
    if at >= search_ends_at(booking):
        end_search(search, at, "limit")  # the booking's own clock makes the move
        return None
    night = deadlines.night_around(at, booking.timezone, policy)
    if night is not None and not opens_silently(booking, night[1]):
        windows.look_again(search, night[1])
        return None
    queued = offer_to_queue(booking, search, queue, at)
    if queued is not None:
        return queued
    found = matching.candidates(booking, at)
    if all(candidate.lapsed >= policy.lapse_limit for candidate in found):
        _give_up(booking, search, at)
        return None
    to_all = night is not None or search.pool_at is not None or opens_to_all(booking, search, at)
    if to_all and (night is not None or not waits_in_reserve(found[0])):
        _open_pool(booking, search, found, at, silent=night is not None)
        return None
    return _open_best(booking, search, found, at)


def running_search(booking: Booking, at: datetime) -> Search | None:
    """The search of the event that last opened the booking; begun here if it has none, None when it
    has ended.
    """
    opened = BookingEvent.objects.filter(booking=booking.pk, target__in=OFFERED).order_by(
        "-sequence"
    )
    last = opened.values("sequence")[:1]
    running = (
        Search.objects.filter(booking=booking, ended_at=None).annotate(last=Subquery(last)).first()
    )
    if running is not None and running.round == running.last:
        return running
    if running is not None:
        end_search(running, at, "superseded")
    sequence = last.values_list("sequence", flat=True).first()
    if sequence is None:
        return None
    search = Search.objects.filter(
        booking=booking, round=sequence
    ).first() or Search.objects.create(booking=booking, round=sequence, started_at=at, next_at=at)
    return search if search.ended_at is None else None


def end_search(search: Search, at: datetime, end: str) -> None:
    search.ended_at, search.next_at, search.end = at, None, end
    search.save(update_fields=["ended_at", "next_at", "end"])


def opens_to_all(booking: Booking, search: Search, at: datetime) -> bool:
    """Near its start, or after enough windows, all eligible see it at once (rule D6)."""
    policy = booking.policy
    return (
        windows.start_of(booking) - at < policy.pool_lead
        or search.windows_ended >= policy.pool_after_windows
    )


def waits_in_reserve(best: Candidate) -> bool:
    """The first of the order is a free one in reserve: they have two minutes alone even before a
    pool (rule L2).
    """
    return best.reserve and not best.in_window


def in_quiet_hours(booking: Booking, technician: Technician, at: datetime) -> bool:
    """At night it is open to those alone who opted in, and only if it opens silently (rule D7)."""
    night = deadlines.night_around(at, booking.timezone, booking.policy)
    return night is not None and not (technician.night_pool and opens_silently(booking, night[1]))


def opens_silently(booking: Booking, morning: datetime) -> bool:
    """At night only for a booking that lost its partner and starts before 10:30, without a sound
    (rule D7).
    """
    lost = booking.assignments.exists()
    latest = datetime.combine(morning.date(), booking.policy.silent_pool_before) - datetime.combine(
        morning.date(), booking.policy.night_to
    )
    return lost and windows.start_of(booking) < morning + latest


def offer_to_queue(
    booking: Booking, search: Search, queue: list[Offer], at: datetime
) -> Offer | None:
    """A window for the longest waiting of those who tapped while another looked (rule D5).

    Who may no longer do it leaves the line; who sleeps or looks at another offer keeps their place.
    """
    for queued in queue:
        candidate = matching.fitting_bookings(queued.technician_id, [booking.pk], at).get(
            booking.pk
        )
        if candidate is None:
            windows.end(queued, OfferState.WITHDRAWN, at)
        elif not candidate.in_window and not in_quiet_hours(booking, queued.technician, at):
            offer = windows.open_for(booking, search, candidate, at, own_tap=True)
            if offer is not None:
                windows.end(queued, OfferState.WITHDRAWN, at)
                return offer
    return None


def _open_best(
    booking: Booking, search: Search, found: list[Candidate], at: datetime
) -> Offer | None:
    """The first who is free, in the order of the search; somebody may have got another window since
    it was read.
    """
    prefetch_related_objects([booking], "wishes")  # the trace and the message both tell them
    tracing.record(booking, search, found, at)
    for candidate in found:
        if not candidate.in_window and candidate.lapsed < booking.policy.lapse_limit:
            offer = windows.open_for(booking, search, candidate, at)
            if offer is not None:
                return offer
    windows.look_again(search, at + TRY_AGAIN)
    return None


def _open_pool(
    booking: Booking, search: Search, found: list[Candidate], at: datetime, *, silent: bool
) -> None:
    """All eligible see it in their list; a tap opens a window (rule D6). They are told once.

    At night nobody is told, and those who had not opted in hear of it in the morning (rule D7).
    """
    zone, policy = booking.timezone, booking.policy
    asleep = (
        search.pool_at is not None
        and deadlines.night_around(search.pool_at, zone, policy) is not None
    )
    if search.pool_at is None or (asleep and not silent):
        search.pool_at = at
        search.save(update_fields=["pool_at"])
        tracing.record(booking, search, found, at)
        told = found[:POOL_MAILS]
        people = Technician.objects.in_bulk([candidate.technician_id for candidate in told])
        publish.publish_to_all([f"technician:{pk}" for pk in people], "pool")
        if not silent:
            for candidate in told:
                windows.tell(booking, people[candidate.technician_id], candidate)
    windows.look_again(search, at + LOOK_AGAIN)


def _give_up(booking: Locked, search: Search, at: datetime) -> None:
    """Nobody is left to ask: the search ends, the customer may choose another time (rule D10).

    A late partner stays, and ops call them (rule L4).
    """
    end_search(search, at, "nobody")
    if booking.state == State.SEARCHING:
        advance(booking, "exhaust", role=Role.SYSTEM, by=None, at=at)
    else:
        notices.queue(booking, "unconfirmed_ops", round=booking.epoch)
