"""What the partner's app reads about its own jobs, shaped for its pages; each in a fixed number of
queries.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.utils.functional import cached_property

from catalogue.models import ChecklistPart
from customer.lateness import Lateness, lateness
from customer.price_change import PriceChange, change_of
from partner import earnings, wording
from partner.earnings import Line
from partner.wording import Step, Undo
from payments import raising
from places.calendar import wall_time
from places.place import TIME_ZONES
from requests_app import access, deadlines
from requests_app.actions import checking, other_times, quoting
from requests_app.actions.meeting import CODE_STATES, tries_left
from requests_app.actions.notes import MOST_NOTES
from requests_app.actions.signing import evidence_only
from requests_app.actions.undoing import answered
from requests_app.lifecycle import Role, available_moves, undo_of
from requests_app.models import (
    NEGOTIABLE,
    Assignment,
    Author,
    Avoidance,
    Booking,
    BookingAnswer,
    BookingContact,
    BookingEvent,
    CallAttempt,
    LateSignature,
    Message,
    NotePhrase,
    ProgressNote,
    Quote,
    State,
    TimeProposal,
    of_present_technician,
    standing,
)

S = State


@dataclass(frozen=True)
class Version:
    """A version of the price, without the booking fee."""

    number: int
    cents: int
    at: datetime
    reason: str
    state: str


class JobPage:
    """Everything one job's page shows at one instant, but the contact data: that is
    `access.reveal_contact`'s.
    """

    def __init__(self, booking: Booking, at: datetime):
        self.booking, self.at = booking, at
        self.zone = booking.timezone
        self.events: list[BookingEvent] = list(booking.events.all())
        self.quotes: list[Quote] = list(booking.quotes.prefetch_related("lines"))
        counts = [one for one in self.quotes if one.accepted_at and not one.withdrawn_at]
        self.quote: Quote | None = counts[-1] if counts else None
        self.may = available_moves(booking, Role.PARTNER)

    @cached_property
    def held(self) -> list[BookingEvent]:
        """What happened, without the steps that were taken back."""
        return standing(self.events)

    @cached_property
    def badge(self) -> tuple[str, str]:
        return wording.badge(self.booking.state)

    @cached_property
    def undo(self) -> Undo | None:
        """The step that can be taken back, until when (rule L9)."""
        found = undo_of(self.booking, self.events, self.at)
        return wording.undo(*found) if found and not answered(self.booking) else None

    @cached_property
    def step(self) -> Step:
        if self.booking.state == S.SIGNED_OFF and evidence_only(self.booking):
            return wording.unproved()
        if self.booking.state == S.FAILED and (way := earnings.way_of(self.booking)) is not None:
            return wording.in_vain(self.booking, asked=way.cents is None, cents=way.cents)
        return wording.next_step(self.booking, self.at, self.held[-1].at if self.held else None)

    @cached_property
    def answers(self) -> list[BookingAnswer]:
        """To the questions of the service (rule B13); shown beside the contact data, to whom that
        is shown.
        """
        return list(self.booking.answers.all())

    @cached_property
    def payout(self) -> Line | None:
        """Where their share of it is, and the day it is promised for (rule M5); None while nothing
        was earned. Signed off and not paid, that is what Mila has advanced.
        """
        if self.booking.state not in (S.SIGNED_OFF, S.SETTLED, S.FAILED):
            return None
        earning = self.booking.earnings.select_related("payout", "charge", "partner").first()
        today = wall_time(self.at, TIME_ZONES[earning.partner.country]).date() if earning else None
        return earnings.line(earning, today) if earning and today else None

    @cached_property
    def assignment(self) -> Assignment | None:
        return Assignment.objects.filter(booking=self.booking, ended_at=None).first()

    @property
    def met(self) -> bool:
        """The visit code was typed (rule L9b)."""
        typed = self.assignment is not None and self.assignment.code_typed_at is not None
        return typed and self.booking.state in CODE_STATES

    @property
    def asks_code(self) -> bool:
        """Whether it may still be typed: at the door, and until the signature."""
        if self.booking.state not in CODE_STATES or self.assignment is None or self.met:
            return False
        return tries_left(self.booking, self.assignment) > 0 and bool(self.step.label)

    @property
    def may_begin_without_code(self) -> bool:
        return self.asks_code and self.booking.state == S.ARRIVED

    @property
    def on_the_way(self) -> bool:
        """The page shares where the phone is, until the arrival."""
        return self.booking.state == S.EN_ROUTE

    @cached_property
    def lateness(self) -> Lateness | None:
        """What the customer sees of their being late (rule L9)."""
        return lateness(self.booking, self.at)

    @property
    def at_work(self) -> bool:
        return self.booking.state == S.IN_PROGRESS

    @property
    def beside(self) -> list[str]:
        """The sections of the moves they may make beside the next step."""
        return [section for move, section in wording.BESIDE.items() if move in self.may]

    @property
    def may_propose(self) -> bool:
        return self.booking.state in NEGOTIABLE

    @cached_property
    def proposal(self) -> Quote | None:
        """The version that waits for the customer's answer (rule L10)."""
        return next((one for one in self.quotes if one.is_open), None) if self.may_propose else None

    @cached_property
    def change(self) -> PriceChange | None:
        """What was proposed, beside what is agreed."""
        return (
            change_of(self.booking, self.quote, self.proposal)
            if self.proposal and self.quote
            else None
        )

    @cached_property
    def needs_bank(self) -> bool:
        """It is above what the card was saved for: answered on the payer's own device alone."""
        return self.proposal is not None and quoting.needs_bank(self.booking, self.proposal)

    @cached_property
    def bank_is_asked(self) -> bool:
        """The payer has said yes, and their bank has not yet."""
        return self.needs_bank and raising.raise_of(self.proposal) is not None

    @cached_property
    def answered(self) -> tuple[str, str] | None:
        """(kind of notice, words) of the customer's answer to the last proposal, while it still
        matters.
        """
        last = self.quotes[-1] if self.quotes else None
        return wording.answer(last, self.booking) if last and self.may_propose else None

    @cached_property
    def versions(self) -> list[Version]:
        """Every version of the price and what became of it, when there is more than the first."""
        many = self.quotes if len(self.quotes) > 1 else []
        return [
            Version(
                one.version,
                one.service_cents,
                one.created_at,
                one.reason,
                wording.version_state(one),
            )
            for one in many
        ]

    @cached_property
    def partner_cents(self) -> int:
        return earnings.share(self.booking, self.quote.service_cents if self.quote else None)

    @cached_property
    def story(self) -> list[dict]:
        """What they did so far, as lines of a timeline, from the claim on."""
        lines = [
            (wording.timeline_line(event), event)
            for event in standing(of_present_technician(self.events))
        ]
        story = [
            {
                "state": "done",
                "what": what,
                "at": event.at,
                "notes": self.notes if event.move == "start" else [],
            }
            for what, event in lines
            if what
        ]
        if self.late:
            story.append(
                {"state": "done", "what": wording.late_line(self.late), "at": self.late.signed_at}
            )
        return sorted(story, key=itemgetter("at"))

    @cached_property
    def late(self) -> LateSignature | None:
        """The customer's signature after the visit was closed without it (rule L13)."""
        signed_off = self.booking.state in (S.SIGNED_OFF, S.SETTLED)
        return LateSignature.objects.filter(booking=self.booking).first() if signed_off else None

    @cached_property
    def notes(self) -> list[ProgressNote]:
        """What they told the customer from the work, the newest first."""
        return list(self.booking.progress_notes.all())

    @cached_property
    def checklists(self) -> list[dict[str, Any]]:
        """The lists of the visit with what is ticked; those whose moment it is not are shown, and
        closed.
        """
        if self.assignment is None:
            return []
        ticked = checking.ticked(self.assignment)
        return [
            {
                "pk": one.pk,
                "title": one.get_part_display(),
                "open": self.booking.state in checking.TICKED_IN[ChecklistPart(one.part)],
                "items": [
                    {"words": words, "ticked": position in ticked.get(one.pk, ())}
                    for position, words in enumerate(one.items_list)
                ],
            }
            for one in checking.lists_of(self.booking, self.assignment)
        ]

    @cached_property
    def time_kind(self) -> str | None:
        """What another start would be, now (rule B9, L11)."""
        return other_times.kind_of(self.booking, self.at)

    @cached_property
    def time_proposal(self) -> TimeProposal | None:
        """The one that waits for the customer."""
        return other_times.open_proposal(self.booking, self.at)

    @cached_property
    def avoided(self) -> bool:
        """They said that they will not come to this customer again."""
        said = Avoidance.objects.filter(
            customer=self.booking.customer_id, technician=self.booking.technician_id
        )
        return said.filter(said_by=Author.TECHNICIAN, ended_at=None).exists()

    @cached_property
    def messages(self) -> list[Message]:
        """Who has written, they or the customer, without the words; nothing once the contact
        data is closed to them.
        """
        thread = access.messages_of_technician(self.booking, self.booking.technician)
        return list(thread.select_related(None).only("author"))

    @property
    def unanswered(self) -> bool:
        """The customer wrote last."""
        return bool(self.messages) and self.messages[-1].by_customer

    @property
    def phrases(self) -> list[tuple[str, Any]]:
        """The ready-made notes they may send now, by key; none when it is not
        the time, or enough.
        """
        at_work = self.booking.state == S.IN_PROGRESS and len(self.notes) < MOST_NOTES
        return NotePhrase.choices if at_work else []

    @cached_property
    def calls(self) -> list[CallAttempt]:
        """Their own tries to reach the customer."""
        mine = Assignment.objects.filter(
            booking=self.booking, technician=self.booking.technician_id, ended_at=None
        )
        return list(CallAttempt.objects.filter(assignment__in=mine))

    @property
    def call_gap(self) -> timedelta:
        return deadlines.call_gap(self.booking.start_at, self.at, self.booking.policy)

    @cached_property
    def seen(self) -> str:
        """Changes when the page must change; an open page asks with it whether it is still true.

        Includes how to find the door, which the customer may write until somebody is on the way,
        and whether the next move's hour has come.
        """
        door = (
            BookingContact.objects.filter(booking=self.booking)
            .values_list("door_code", "at_the_door")
            .first()
        )
        facts = repr(
            (
                self.booking.epoch,
                self.booking.state,
                door,
                len(self.notes),
                self.late is None,
                self.step.label == "",
            )
        )
        facts += repr([item["ticked"] for one in self.checklists for item in one["items"]])
        facts += repr(
            (len(self.messages), self.time_proposal and self.time_proposal.pk, self.time_kind)
        )
        facts += repr((self.met, self.asks_code, self.undo, self.step.note, self.bank_is_asked))
        if self.lateness:
            facts += repr((self.lateness.late, self.lateness.said_at, self.lateness.out))
        facts += repr(
            [
                (one.version, one.accepted_at, one.declined_at, one.withdrawn_at)
                for one in self.quotes
            ]
        )
        return hashlib.sha256(f"{self.booking.token}{facts}".encode()).hexdigest()[:16]
