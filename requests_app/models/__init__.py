"""A booking and everything that happens to it.

Its state is written by requests_app.lifecycle alone.
"""

from requests_app.models.apart import Avoidance, ProposalKind, TimeProposal
from requests_app.models.assignments import (
    Assignment,
    CallAttempt,
    CallChannel,
    have_met,
    new_visit_code,
)
from requests_app.models.booking import ASSIGNED, Booking, Fault, Wish, new_token
from requests_app.models.checklists import ChecklistTick
from requests_app.models.clocks import Clock, ClockKind
from requests_app.models.contact import AddressCode, BookingContact, ContactAccess, PriceCode
from requests_app.models.decisions import DecisionAppeal
from requests_app.models.endings import (
    UNSIGNED,
    LateSignature,
    Rating,
    SignedStatement,
    SignOff,
    SignOffKind,
)
from requests_app.models.events import (
    UNDO,
    BookingEvent,
    entered_at,
    last_made_at,
    of_present_technician,
    standing,
)
from requests_app.models.faults import Appeal, FaultEntry, FaultKind, Verdict, VoidReason
from requests_app.models.messages import PHRASES, Author, Message, MessagePhrase
from requests_app.models.offline import OfflineStep
from requests_app.models.photos import PHOTOS_MAX, BookingPhoto, PhotoSize, photo_storage
from requests_app.models.quotes import (
    BY_HAND,
    BY_THE_PAYER,
    AcceptanceKind,
    Quote,
    QuoteEvent,
    QuoteLine,
    QuoteOrigin,
    QuoteStep,
)
from requests_app.models.states import (
    ADJUSTABLE,
    AT_THE_DOOR,
    AT_WORK,
    BEFORE_DEPARTURE,
    CANCELLABLE,
    ENDED,
    HAS_PARTNER,
    LIVE,
    NEGOTIABLE,
    OFFERED,
    State,
)
from requests_app.models.visit import (
    DoorMove,
    DoorPlace,
    NotePhrase,
    Position,
    ProgressNote,
    door_places,
    was_at_the_door,
)
from requests_app.models.wanted import BookingAnswer, BookingPackage

__all__ = [
    "ADJUSTABLE",
    "ASSIGNED",
    "AT_THE_DOOR",
    "AT_WORK",
    "BEFORE_DEPARTURE",
    "BY_HAND",
    "BY_THE_PAYER",
    "CANCELLABLE",
    "ENDED",
    "HAS_PARTNER",
    "LIVE",
    "NEGOTIABLE",
    "OFFERED",
    "PHOTOS_MAX",
    "PHRASES",
    "UNDO",
    "UNSIGNED",
    "AcceptanceKind",
    "AddressCode",
    "Appeal",
    "Assignment",
    "Author",
    "Avoidance",
    "Booking",
    "BookingAnswer",
    "BookingContact",
    "BookingEvent",
    "BookingPackage",
    "BookingPhoto",
    "CallAttempt",
    "CallChannel",
    "ChecklistTick",
    "Clock",
    "ClockKind",
    "ContactAccess",
    "DecisionAppeal",
    "DoorMove",
    "DoorPlace",
    "Fault",
    "FaultEntry",
    "FaultKind",
    "LateSignature",
    "Message",
    "MessagePhrase",
    "NotePhrase",
    "OfflineStep",
    "PhotoSize",
    "Position",
    "PriceCode",
    "ProgressNote",
    "ProposalKind",
    "Quote",
    "QuoteEvent",
    "QuoteLine",
    "QuoteOrigin",
    "QuoteStep",
    "Rating",
    "SignOff",
    "SignOffKind",
    "SignedStatement",
    "State",
    "TimeProposal",
    "Verdict",
    "VoidReason",
    "Wish",
    "door_places",
    "entered_at",
    "have_met",
    "last_made_at",
    "new_token",
    "new_visit_code",
    "of_present_technician",
    "photo_storage",
    "standing",
    "was_at_the_door",
]
