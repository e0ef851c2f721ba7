"""The technician's answer: taken, or not for them (rule D3, D4, B2)."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from accounts.models import User
from accounts.search import may_work
from dispatch import gate
from dispatch.models import Offer, OfferState
from dispatch.offers import windows
from dispatch.offers.refusals import NotOffered, OfferExpired, OfferTaken
from mila.rows import Columns, rows
from mila.transactions import after_commit, verb
from requests_app import caps
from requests_app.actions.assigning import NoSuchWish, attach, lock_parties
from requests_app.lifecycle import Role, lock_booking, read_clock
from requests_app.models import OFFERED, Booking, State


@verb
def claim(booking_id: int, technician_id: int, *, rank: int, by: User) -> Booking:
    """The booking is theirs at the wish of this rank. Exactly one can (fault C1); a repeat returns
    it (fault C8).

    The database's clock, read under the lock, says whether the window is still open; whether they
    may still be asked is read anew (fault C10), and so are the caps (fault A4). Raises
    OfferExpired, OfferTaken, NotOffered, Paused, TechnicianBusy, NoSuchWish and changes nothing.
    """
    booking = lock_booking(booking_id)
    if booking.technician_id == technician_id and booking.state != State.UNCONFIRMED:
        return booking
    at = read_clock(booking)
    offer, skilled, paused, start_at = lock_last_offer(booking, technician_id, rank, at)
    check_claimable(booking, offer, at)
    technicians = lock_parties(booking, technician_id)
    if not (skilled and may_work(technicians[technician_id], at)):
        raise NotOffered
    if paused:
        raise caps.Paused
    if rank not in offer.wishes:
        raise NoSuchWish
    close_claimed(offer, at)
    attach(
        booking,
        technician_id,
        rank=rank,
        move="claim",
        role=Role.PARTNER,
        by=by,
        at=at,
        start_at=None if booking.state == State.UNCONFIRMED else start_at,
        locked=technicians,
    )
    after_commit(gate.release, booking.pk, offer.lock_token)
    return booking


OFFER = Columns(Offer, "o")
LAST_OFFER = """
SELECT {offer},
       EXISTS (SELECT FROM accounts_technicianskill k
                WHERE k.technician_id = o.technician_id AND k.skill_id = %(skill)s
                  AND (k.valid_until IS NULL OR k.valid_until > %(at)s)),
       {paused},
       (SELECT w.start_at FROM requests_app_wish w WHERE w.booking_id = o.booking_id
         AND w.rank = %(rank)s)
  FROM dispatch_offer o
 WHERE o.booking_id = %(booking)s AND o.technician_id = %(technician)s
 ORDER BY o.state = 'open' DESC, o.id DESC
 LIMIT 1
   FOR UPDATE OF o
"""


class Asked(NamedTuple):
    """An offer, and with it what else decides: a valid skill, a cap that is reached, the start of
    the wish.
    """

    offer: Offer
    skilled: bool
    paused: bool
    start_at: datetime | None


def lock_last_offer(booking: Booking, technician_id: int, rank: int, at: datetime) -> Asked:
    """Their open offer, else their last one, under its lock. Raises NotOffered."""
    params = caps.paused_params(technician_id, booking.policy, at)
    params |= {"skill": booking.service.skill_id, "rank": rank, "booking": booking.pk}
    for row in rows(LAST_OFFER.format(offer=OFFER, paused=caps.PAUSED), params):
        return Asked(OFFER.make(row), *row)
    raise NotOffered


# The window and the search end with it, in one statement.
CLOSE = """
WITH over AS (UPDATE dispatch_search SET ended_at = %s, next_at = NULL, "end" = 'claimed'
  WHERE id = %s)
UPDATE dispatch_offer SET state = %s, ended_at = %s WHERE id = %s
"""


def close_claimed(offer: Offer, at: datetime) -> None:
    offer.state, offer.ended_at = OfferState.CLAIMED, at
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [at, offer.search_id, offer.state, at, offer.pk])


def check_claimable(booking: Booking, offer: Offer, at: datetime) -> None:
    """The database's verdict on a claim; both rows are locked. Raises OfferTaken, OfferExpired."""
    if booking.state not in OFFERED:
        raise OfferTaken
    if (
        offer.state != OfferState.OPEN
        or windows.is_fenced(offer, booking)
        or windows.is_over(offer, at)
    ):
        raise OfferExpired


@verb
def decline(offer_id: int, technician_id: int, *, reason: str) -> Offer:
    """Not for them, with a reason in one tap; the next one is asked at once (rule D4).

    A repeat changes nothing.
    """
    offer, _booking, at = windows.lock_offer(offer_id, technician_id)
    if offer.state == OfferState.OPEN:
        offer.decline_reason = reason
        windows.close(offer, OfferState.DECLINED, at)
    return offer
