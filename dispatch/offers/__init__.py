"""Offers and their windows: search, tap, acknowledge, claim, decline, expire, withdraw, reserve
(rule D3-D7, L2).

Lock order: booking, offer, technician. Redis is asked before and told after the transaction, never
inside it; the database's clock and its constraints decide (docs/decisions/0006).
"""

from dispatch.offers.claiming import claim, decline
from dispatch.offers.lists import tell_lists
from dispatch.offers.refusals import (
    NotOffered,
    OfferExpired,
    OfferTaken,
    ReserveClosed,
    TapsUsed,
    WindowHeld,
)
from dispatch.offers.reserving import keep_in_reserve, leave_reserve
from dispatch.offers.searching import in_quiet_hours, open_next
from dispatch.offers.tapping import tap
from dispatch.offers.windows import acknowledge, expire, withdraw

__all__ = [
    "NotOffered",
    "OfferExpired",
    "OfferTaken",
    "ReserveClosed",
    "TapsUsed",
    "WindowHeld",
    "acknowledge",
    "claim",
    "decline",
    "expire",
    "in_quiet_hours",
    "keep_in_reserve",
    "leave_reserve",
    "open_next",
    "tap",
    "tell_lists",
    "withdraw",
]
