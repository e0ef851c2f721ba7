"""The customer's booking page: what it shows, and what may be done on it now."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _

from customer import booking_words
from customer.booking_shown import BookingShown
from customer.wording_parts import Seen, first_name, given_up
from dispatch.availability import keeper_is_free
from mila.formats import full_day, moment, money, short_moment
from payments.another_card import BEFORE_THE_CHARGE
from requests_app import withdrawal
from requests_app.actions import changes, messaging, other_times
from requests_app.lifecycle import Role, available_moves
from requests_app.models import (
    ADJUSTABLE,
    AT_WORK,
    BEFORE_DEPARTURE,
    AcceptanceKind,
    Booking,
    Message,
    ProposalKind,
    State,
    TimeProposal,
)

S = State
MOVES_OF_DATE = frozenset({"move_open", "move_claimed", "move_kept", "move_lost"})


@dataclass(frozen=True)
class CustomerAction:
    """One thing the customer may do now: a line of the list, or the button."""

    url: str
    icon: str
    label: str
    note: str = ""


class BookingPage(BookingShown):
    """Everything the booking page shows at one instant, and the steps it offers."""

    @cached_property
    def primary(self) -> CustomerAction | None:
        """The one next step that waits for the customer."""
        return next(iter(self._next_actions), None)

    @property
    def second(self) -> CustomerAction | None:
        """The other way out, where there are two (rule L9)."""
        return self._next_actions[1] if given_up(Seen(self.booking, self.facts)) else None

    @cached_property
    def _next_actions(self) -> list[CustomerAction]:
        amount, found = money(self.receipt[1], self.booking.currency), []
        for action in booking_words.next_actions(self.booking, self.facts):
            url, label = (
                reverse(action.page, args=[self.booking.token]),
                str(action.label) % {"amount": amount},
            )
            found.append(
                CustomerAction(url, action.icon, label, amount if action.shows_amount else "")
            )
        return found

    @cached_property
    def actions(self) -> list[CustomerAction]:
        """What the table of moves and the facts of this booking let the
        customer do (rule B9-B11).
        """
        b, may = self.booking, available_moves(self.booking, Role.CUSTOMER)

        def page(name: str) -> str:
            return reverse(f"customer:{name}", args=[b.token])

        actions: list[CustomerAction] = []

        def add(*facts: str) -> None:
            actions.append(CustomerAction(*facts))

        if "no_show" in may and changes.may_give_up(b, self.at):
            add(
                page("no_show"),
                "alert",
                _("Nobody came"),
                _("We look for somebody else at another time"),
            )
        if may & MOVES_OF_DATE and self.state != S.UNFILLED:
            note = _("If %(name)s is not free then, we look for somebody else") % {
                "name": first_name(b)
            }
            add(
                page("move"),
                "calendar",
                _("Change the day or the hour"),
                note if b.technician_id else "",
            )
        if self.last_message or self.may_write:
            add(page("messages"), "message", self._write_label(), self._who_wrote_last())
        if self.state in ADJUSTABLE:
            add(
                page("access"),
                "pin",
                _("Explain how to find the door"),
                _("Floor, code, who opens"),
            )
        if self.may_change_card:
            note = "" if self.own else _("You sign in first")
            add(page("another_card"), "card", _("Use another card"), note)
        if "refuse" in may:
            add(
                page("refuse"),
                "help",
                _("Something is not right"),
                _("Nothing is charged before it is cleared up"),
            )
        if self.may_sign_late:
            note = _("Kept as proof; nothing more is charged")
            add(page("sign"), "pen", _("Sign the report afterwards"), note)
        if self.state == S.FINISHED and self.rated is None:
            add(page("rate"), "star", _("Say how it was"))
        if may_cancel(b, self.at):
            add(page("cancel"), "cross", _("Cancel the visit"), self.cost)
        if self.may_withdraw:
            note = _("Right of withdrawal until %(day)s") % {
                "day": full_day(withdrawal.last_day(b))
            }
            add(page("withdraw"), "paper", _("Withdraw from the contract here"), note)
        if self.assignments and self.state not in BEFORE_DEPARTURE:
            add(page("not_again"), "user", _("Not this person again"), _("They are not told"))
        note = _("Say the number %(number)s") % {"number": b.number}
        add(reverse("customer:help"), "shield", _("Help and guarantee"), note)
        return actions

    @property
    def may_change_card(self) -> bool:
        """Before the charge, and while no bank has confirmed a price on it (payments.another_card
        asks once more).
        """
        by_the_bank = AcceptanceKind.BANK in [
            one.acceptance_kind for one in self.quotes if not one.withdrawn_at
        ]
        return self.state in BEFORE_THE_CHARGE and bool(self.booking.card) and not by_the_bank

    @cached_property
    def time_proposal(self) -> TimeProposal | None:
        """Another start that waits for the customer's answer (rule B9, L11)."""
        return other_times.open_proposal(self.booking, self.at)

    @property
    def time_note(self) -> str:
        """What stays, and what the answer changes."""
        values = {
            "name": first_name(self.booking),
            "moment": moment(self.booking.start_at, self.zone),
        }
        if self.time_proposal and self.time_proposal.kind == ProposalKind.SECOND:
            return _("%(name)s comes again, and the price stays as agreed.") % values
        if self.time_proposal and not self._keeper_is_free():
            return (
                _(
                    "%(name)s is not free then: somebody else would come. Else it stays on "
                    "%(moment)s."
                )
                % values
            )
        return _("%(name)s is free then. Without your yes it stays on %(moment)s.") % values

    def _keeper_is_free(self) -> bool:
        assert self.time_proposal is not None
        return bool(keeper_is_free(self.booking, [self.time_proposal.start_at], self.at))

    @cached_property
    def last_message(self) -> Message | None:
        """From whom and when, without its words."""
        return self.booking.messages.only("author", "at").last()

    @cached_property
    def may_write(self) -> bool:
        return messaging.is_open(self.booking)

    def _write_label(self) -> str:
        return (
            _("Write to %(name)s") % {"name": first_name(self.booking)}
            if self.may_write
            else _("Messages")
        )

    def _who_wrote_last(self) -> str:
        """Of the newest one: from whom and when; of none, what becomes of one."""
        last = self.last_message
        if last is None:
            return _("Each message is mailed on at once")
        values = {"moment": short_moment(last.at, self.zone)}
        return (
            _("You wrote, %(moment)s") if last.by_customer else _("New for you, %(moment)s")
        ) % values

    @property
    def cost(self) -> str:
        """What cancelling costs now, in words."""
        if not self.cost_cents:
            return _("Free of charge")
        return _("%(amount)s in all") % {"amount": money(self.cost_cents, self.booking.currency)}

    @property
    def may_withdraw(self) -> bool:
        """For its whole period, up to the signature (law R5)."""
        return can_withdraw(self.booking, self.at)

    @property
    def may_not_move(self) -> bool:
        """A sentence says why the hour can no longer change."""
        return self.state in AT_WORK


def may_cancel(booking: Booking, at: datetime) -> bool:
    """While somebody is on the way, only once they are much too late (rule L9)."""
    on_time = changes.on_the_way(booking) and not changes.may_give_up(booking, at)
    return "cancel" in available_moves(booking, Role.CUSTOMER) and not on_time


def can_withdraw(booking: Booking, at: datetime) -> bool:
    """Whether a French consumer's right of withdrawal runs and nothing was
    signed yet (rule B10).
    """
    return "withdraw" in available_moves(booking, Role.CUSTOMER) and withdrawal.may_withdraw(
        booking, at
    )
