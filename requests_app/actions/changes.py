"""What the customer changes after the order: another time, or no visit at all (rule B9, B10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.search import lock_technician
from mila.clock import mila_now
from mila.errors import Refusal
from mila.formats import full_day
from mila.streams import publish
from mila.transactions import verb
from policy.words import span
from requests_app import deadlines, fault_ledger, notices
from requests_app.actions.assigning import agree_on, is_free, slot
from requests_app.actions.drafting import write_wishes
from requests_app.actions.placing import card_ends
from requests_app.lifecycle import IllegalMove, Locked, Role, advance, lock_booking
from requests_app.live_pages import tell_both
from requests_app.models import (
    ADJUSTABLE,
    AT_WORK,
    BEFORE_DEPARTURE,
    Assignment,
    Booking,
    BookingContact,
    State,
    have_met,
)
from requests_app.withdrawal import may_withdraw, worked_before_cents


class CostChanged(Refusal):
    sentence = _("What cancelling costs has changed meanwhile. Please look at it once more.")


class CardEndsBefore(Refusal):
    """The card of a placed booking is not changed any more, so its day bounds the new time
    (rule B7, B9).
    """


class AddressNotProved(Refusal):
    sentence = _(
        "Cancelling costs something now. Please confirm your e-mail address first; then you can "
        "cancel."
    )


class NotLateYet(Refusal):
    """Raised with the span after which it is possible."""


class TooLate(Refusal):
    sentence = _("Somebody is already on the way. Please tell that person by telephone.")


def cancel_cost(booking: Booking, at: datetime) -> int:
    """What cancelling now would cost the customer in all, in cents (rule B10); 0 is free."""
    cost = _cancel_fee(booking, at)
    if may_withdraw(booking, at):
        cost = min(cost, booking.policy.withdrawal_cost_cents)
    theirs = booking.state == State.UNCONFIRMED or given_up(booking, at)
    if booking.technician_id is None or theirs:
        return cost
    return max(cost, worked_before_cents(booking))


def _cancel_fee(booking: Booking, at: datetime) -> int:
    """The same without the right of withdrawal, which may end before the new start."""
    placed = booking.placed_at
    if placed is None:
        return 0
    free = deadlines.cancelling_is_free(
        at=at,
        start_at=booking.start_at,
        placed_at=placed,
        unconfirmed=booking.state == State.UNCONFIRMED,
        arrived=False,
        policy=booking.policy,
        moved_from=booking.cancel_start_at,
    )
    return 0 if free else booking.policy.cancel_fee_cents[booking.currency]


def given_up(booking: Booking, at: datetime) -> bool:
    """Half an hour after the agreed start nobody need wait any longer (rule L9)."""
    return booking.start_at is not None and at >= deadlines.lateness_cancel_at(
        booking.start_at, booking.policy
    )


def on_the_way(booking: Booking) -> bool:
    return booking.state in AT_WORK


def may_give_up(booking: Booking, at: datetime) -> bool:
    """The free ways out half an hour after the start; from the door only while no code says that
    they met (rule L9).

    Once the work has begun, or somebody says so, people decide (signing.refuse), not a tap and not
    a code kept back.
    """
    return given_up(booking, at) and not (booking.state == State.ARRIVED and have_met(booking))


@verb
def cancel(
    booking_id: int, *, role: Role, by: User | None, accepted_cost_cents: int = 0, reason: str = ""
) -> Booking:
    """No visit. The customer has seen the cost; ops and brands cancel without one. A repeat returns
    the booking.

    Raises CostChanged when it costs more now than what was shown, TooLate while somebody is on the
    way in time, AddressNotProved when it costs something and nobody knows yet whose address it is
    (rule B12).
    """
    booking = lock_booking(booking_id)
    if booking.state == State.CANCELLED:
        return booking
    at = mila_now()
    if on_the_way(booking) and not may_give_up(booking, at):
        raise TooLate
    cost = cancel_cost(booking, at) if role == Role.CUSTOMER else 0
    if cost and booking.email_proved_at is None:
        raise AddressNotProved
    if cost > accepted_cost_cents:
        raise CostChanged
    ended = advance(
        booking,
        "cancel",
        role=role,
        by=by,
        at=at,
        reason=reason,
        fee_cents=cost,
        end_reason=reason[:200],
        data={"cost": cost},
    )
    tell_of_half_done(ended)
    return ended


def tell_of_half_done(booking: Booking) -> None:
    """It ended with a second appointment to come, whoever had it last: staff look what the first
    one is worth (rule L11).
    """
    if booking.events.filter(move="continue_later").exists():
        notices.queue(booking, "half_done_ops", round=booking.epoch)


@verb
def move(
    booking_id: int, walls: Sequence[datetime], *, role: Role, by: User | None, reason: str = ""
) -> Booking:
    """Other wishes (rule B9). A technician who is free at the first keeps the job; else dispatch
    begins again. Where cancelling already cost something it goes on to, and nowhere else (rule
    B10).

    A repeat, wishing what is already wished, returns the booking. Raises CardEndsBefore.
    """
    booking = lock_booking(booking_id)
    at = mila_now()
    if booking.state != State.UNFILLED and _wished(booking, walls):
        return booking
    if booking.state in (State.SEARCHING, State.UNFILLED):
        return _rewish(booking, walls, "move_open", role, by, at, reason)
    if booking.state not in BEFORE_DEPARTURE:
        raise IllegalMove("move_kept", booking.state, role)
    old_start, costs = booking.start_at, _cancel_fee(booking, at) > 0
    assert old_start is not None
    assert booking.technician_id is not None
    technician = lock_technician(booking.technician_id)
    assignment = Assignment.objects.select_related("calendar_entry").get(
        booking=booking, ended_at=None
    )
    _write_wishes(booking, walls, at)
    first = booking.wishes.get(rank=1).start_at
    cancel_start = booking.cancel_start_at
    if costs:
        cancel_start = cancel_start or old_start
    wishes: dict[str, Any] = {
        "first_start_at": booking.first_start_at,
        "last_start_at": booking.last_start_at,
    }
    if not is_free(technician, slot(booking, first), but=assignment.calendar_entry):
        return advance(
            booking,
            "move_lost",
            role=role,
            by=by,
            at=at,
            reason=reason,
            cancel_start_at=cancel_start,
            **wishes,
        )
    agree_on(booking, assignment, first)
    name = "move_claimed" if booking.state == State.CLAIMED else "move_kept"
    return advance(
        booking,
        name,
        role=role,
        by=by,
        at=at,
        reason=reason,
        start_at=first,
        clocks_from_at=at,
        cancel_start_at=cancel_start,
        **wishes,
    )


def _write_wishes(booking: Booking, walls: Sequence[datetime], at: datetime) -> None:
    """Replace the wishes, if the booking's card lasts until each of them. Raises CardEndsBefore."""
    write_wishes(booking, walls, at)
    if card_ends(booking):
        sentence = gettext(
            "Your card ends on %(day)s, so please choose a time until then. For a later one you "
            "can cancel "
            "and book again with another card, or call us: we are glad to help."
        )
        raise CardEndsBefore(sentence % {"day": full_day(booking.card_ends_on)})


def _wished(booking: Booking, walls: Sequence[datetime]) -> bool:
    """Whether these are the wishes as they stand, and the first of them is the start if one is
    agreed.
    """
    wishes = list(booking.wishes.all())
    same = [wish.wall for wish in wishes] == [
        wall.isoformat(timespec="minutes") for wall in dict.fromkeys(walls)
    ]
    return same and booking.start_at in (None, wishes[0].start_at)


def _rewish(
    booking: Locked,
    walls: Sequence[datetime],
    name: str,
    role: Role,
    by: User | None,
    at: datetime,
    reason: str,
) -> Booking:
    _write_wishes(booking, walls, at)
    # moved again while somebody is sought it costs what it did; who did not come is owed nothing
    cancel_start = booking.cancel_start_at if name == "move_open" else None
    return advance(
        booking,
        name,
        role=role,
        by=by,
        at=at,
        reason=reason,
        cancel_start_at=cancel_start,
        first_start_at=booking.first_start_at,
        last_start_at=booking.last_start_at,
    )


@verb
def set_access(
    booking_id: int, *, door_code: str, at_the_door: str, keeps_door_code: bool = False
) -> Booking:
    """How to find the door, and who opens and signs (rule B8), until somebody is on the way. Raises
    TooLate.

    `keeps_door_code`: an empty box means "as it is"; what stood there was not shown.
    """
    booking = lock_booking(booking_id)
    if booking.state not in ADJUSTABLE:
        raise TooLate
    changes = {"door_code": door_code, "at_the_door": at_the_door}
    if keeps_door_code and not door_code:
        del changes["door_code"]
    BookingContact.objects.filter(booking=booking).update(**changes)
    if booking.technician_id:
        publish.publish(f"technician:{booking.technician_id}", "access")
    return booking


def is_awaited(booking: Booking) -> bool:
    return booking.state in fault_ledger.AWAITED


def may_report_late(booking: Booking, at: datetime) -> bool:
    """From a quarter of an hour after the start on, while nobody has come as far as anybody knows
    (rule L9).
    """
    late = booking.start_at is not None and at >= deadlines.late_at(
        booking.start_at, booking.policy
    )
    return late and is_awaited(booking) and not have_met(booking)


def late_said_at(booking: Booking) -> datetime | None:
    """When the customer said that nobody is there, of the visit as it is agreed now."""
    running = Assignment.objects.filter(booking=booking, ended_at=None)
    return running.values_list("late_said_at", flat=True).first()


@verb
def report_late(booking_id: int) -> Booking:
    """The customer says that nobody is there: staff and the technician hear of it at once, once for
    a start (rule L9).

    Raises NotLateYet. A repeat changes nothing.
    """
    booking = lock_booking(booking_id)
    at = mila_now()
    if not may_report_late(booking, at):
        after = span(booking.policy.lateness_report_after)
        raise NotLateYet(
            _("You can do this from %(after)s after the agreed time.") % {"after": after}
        )
    running = Assignment.objects.select_for_update().get(booking=booking, ended_at=None)
    if running.late_said_at is not None:
        return booking
    running.late_said_at = at
    running.save(update_fields=["late_said_at"])
    # who says they are at the door has come late, or is believed until the code
    if booking.state != State.ARRIVED:
        fault_ledger.note_late(booking, at)
    notices.queue(booking, "late_said", round=running.pk)
    notices.queue(booking, "late_said_ops", round=running.pk)
    tell_both(booking, "late")
    return booking


@verb
def report_no_show(
    booking_id: int, walls: Sequence[datetime], *, role: Role, by: User | None
) -> Booking:
    """Nobody came: half an hour after the start the customer asks for somebody else at another time
    (rule L9).

    The fault is the partner's. Raises NotLateYet. A repeat returns the booking.
    """
    booking = lock_booking(booking_id)
    if booking.state == State.SEARCHING and booking.events.latest("sequence").move == "no_show":
        return booking
    at = mila_now()
    if not may_give_up(booking, at):
        after = span(booking.policy.lateness_cancel_after)
        raise NotLateYet(
            _("You can do this from %(after)s after the agreed time.") % {"after": after}
        )
    return _rewish(booking, walls, "no_show", role, by, at, "")
