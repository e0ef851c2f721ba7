"""How long what grows is kept, in one table; backoffice.retention lets it go (rule B1, D9;
docs/retention.md).

What must stay is not here: events, signatures, looks at contact data, the ledger are evidence.
"""

from datetime import timedelta

DRAFT = timedelta(days=14)  # a draft nobody orders, and its photos, from its first step
KEPT = {
    "sessions": timedelta(0),  # from their own end on
    "drafts": DRAFT,
    # what customer and technician wrote to each other, with its photos
    "messages": timedelta(days=730),
    # the words of a message that has gone out, or failed; that it went or not stays
    "notices": timedelta(days=90),
    # calendars, hours and search rows as they were: what a trace is explained by
    "former_rows": timedelta(days=90),
    # the hash of a number a text message went to, for the caps; that it went stays
    "numbers": timedelta(days=1),
    "traces": timedelta(days=180),  # what a search saw; its offers stay
    # the body of a message from Stripe that was dealt with; its type and object stay
    "webhooks": timedelta(days=90),
    # that an alert was asked or stopped for an address, of which there is only a hash
    "alerts": timedelta(days=90),
    # the browser that was woken for one booking, from its end on: the last word about it is said
    "devices": timedelta(days=7),
    # that a step of a phone came, and how it was answered: no phone keeps one so long
    "phone_steps": timedelta(days=30),
}
