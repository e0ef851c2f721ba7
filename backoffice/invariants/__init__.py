"""What must always hold, as questions to the database (invariant I1-I14).

Each answers its violations.
"""

from collections.abc import Callable

from backoffice.invariants import advances, bookings, chains, charges, ledger, papers, returns
from backoffice.invariants.scope import Found, Ids

INVARIANTS: dict[str, tuple[str, Callable[[Ids], Found]]] = {
    "I1": (
        "At most one running assignment per booking, and exactly one while it has a partner",
        bookings.assignments,
    ),
    "I2": (
        "A settled booking above zero has exactly one paid charge; an ended one only the fee "
        "that was due",
        charges.charges,
    ),
    "I3": ("Charge = frozen total; commission + partner's share = service price", charges.amounts),
    "held": (
        "Without the visit code a signature on the partner's screen charges only what the "
        "payer let pass",
        charges.held,
    ),
    "L10": (
        "Nothing above what the payer accepted is signed or charged, and nothing above the "
        "ceiling accepted",
        bookings.accepted_prices,
    ),
    "I4": (
        "The ledger sums to zero per entry and currency, and holds each paid charge",
        ledger.ledger,
    ),
    "way": (
        "Mila pays a way once, in all, where a visit was in vain and no customer pays it",
        ledger.paid_ways,
    ),
    "I6": (
        "A payout takes what is paid, free and not frozen, once, is its sum, and left as the "
        "ledger says",
        ledger.paid_out,
    ),
    "earned": (
        "Each share of a partner is earned once, and what the ledger owes them is what is "
        "not paid out",
        ledger.earned,
    ),
    "advances": (
        "What Mila advances is owed to it until the customer pays, and is then fetched back once",
        advances.advances,
    ),
    "refunds": (
        "Never more goes back than was paid, and each bears exactly their part of it",
        returns.of_refunds,
    ),
    "disputes": (
        "What a bank contests is in the ledger as it moved, and nothing of it is paid out "
        "meanwhile",
        returns.of_disputes,
    ),
    "I7": (
        "Every state is the last event's, and every event a row of the table, in unbroken order",
        bookings.events,
    ),
    "I8": ("No clock is overdue by more than two minutes", bookings.clocks),
    "I9": (
        "Every message from Stripe is done or scheduled, every call to it answered or scheduled",
        charges.messages,
    ),
    "I10": ("Every notice is sent, scheduled, or shown to staff as failed", bookings.notices),
    "I11": (
        "Every look at contact data lies inside that partner's assignment, at most 7 days "
        "after the sign-off",
        bookings.accesses,
    ),
    "I12": (
        "Papers are numbered without gaps, unchanged since they were issued, and add up to "
        "what was charged",
        papers.found,
    ),
    "I13": (
        "The hash chains of each booking's events and prices are unbroken, from the first to "
        "the last",
        chains.chains,
    ),
    "I14": ("Of an erased person nothing is left but what the law keeps", chains.erased_people),
    "L12": (
        "The SHA-256 of each signature is that of what was frozen with it, or of what an "
        "erasure has left",
        chains.signatures,
    ),
    "search": (
        "What the search reads of a technician is what their own rows and the ledger of faults say",
        bookings.search_rows,
    ),
}


def violations(booking_ids: Ids = None) -> dict[str, list[str]]:
    """Every broken invariant with what breaks it; empty when all is well. None: all bookings."""
    found = {name: list(check(booking_ids)) for name, (_sentence, check) in INVARIANTS.items()}
    return {name: rows for name, rows in found.items() if rows}
