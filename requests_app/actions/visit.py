"""What the partner does, from the call to the finished work (rule L1-L11)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from places.distance import neighbourhood
from policy.words import span
from requests_app import caps, deadlines, fault_ledger, notices, price_versions
from requests_app.actions.doorstep import PhonePlace, keep_place
from requests_app.lifecycle import IllegalMove, Locked, Role, advance, lock_booking, read_clock
from requests_app.models import (
    AcceptanceKind,
    Assignment,
    Booking,
    BookingContact,
    CallAttempt,
    DoorMove,
    Fault,
    Position,
    State,
    have_met,
    last_made_at,
)
from requests_app.withdrawal import may_withdraw


class NotYours(Refusal):
    sentence = _("This job is no longer yours.")


class WaitNotOver(Refusal):
    """Raised with the length of the wait."""


class PriceIsFixed(Refusal):
    sentence = _("On this job the price stays as booked; you can add packages.")


class NotAgreed(Refusal):
    sentence = _(
        "This is more than was agreed. Please propose the new price first: the customer accepts "
        "it, or not."
    )


def lock_own(booking_id: int, technician_id: int) -> Locked:
    """The booking under its lock, if this technician has it now. Raises NotYours."""
    booking = lock_booking(booking_id)
    if booking.technician_id != technician_id:
        raise NotYours
    return booking


def _step(
    booking_id: int, technician_id: int, move: str, done: State, by: User, **kwargs: Any
) -> Booking:
    """One plain move of the partner; a repeat finds it done and returns it."""
    booking = lock_own(booking_id, technician_id)
    if booking.state == done:
        return booking
    return advance(booking, move, role=Role.PARTNER, by=by, **kwargs)


@verb
def record_call(
    booking_id: int,
    technician_id: int,
    *,
    by: User,
    channel: str,
    reached: bool,
    note: str = "",
    wants_other_time: bool = False,
    proposed: bool = False,
) -> Booking:
    """Keep the try to reach the customer. Reached, or tried often enough, keeps the promise to call
    (rule L1).

    Three tries on two channels, far enough apart and at decent hours, are enough; ops are alerted
    then. `proposed`: the customer's other time was named, and they are asked for it already
    (actions.other_times).
    """
    booking = lock_own(booking_id, technician_id)
    if booking.state != State.CLAIMED:
        return booking
    at = read_clock(booking)
    assignment = Assignment.objects.get(booking=booking, ended_at=None)
    CallAttempt.objects.create(
        assignment=assignment,
        at=at,
        channel=channel,
        reached=reached,
        note=note,
        wants_other_time=wants_other_time or proposed,
    )
    tries = [(call.at, call.channel) for call in assignment.calls.all()]
    if not reached and not deadlines.tried_enough(
        tries, booking.start_at, booking.timezone, booking.policy
    ):
        return booking
    search.count_promise(booking.technician)
    advance(
        booking,
        "record_call",
        role=Role.PARTNER,
        by=by,
        at=at,
        data={"reached": reached, "tries": len(tries)},
    )
    # who was spoken with need not be told so; the confirmation asks whether it is true
    if not reached:
        notices.queue(booking, "called", round=booking.epoch)
        notices.queue(booking, "not_reached_ops", round=booking.epoch)
    if wants_other_time and not proposed:
        notices.queue(booking, "other_time", round=booking.epoch)
    return booking


@verb
def confirm(booking_id: int, technician_id: int, *, by: User) -> Booking:
    """They will come. Late, it still counts until somebody else claims, and ends another's window
    (rule L3, L4).
    """
    booking = lock_own(booking_id, technician_id)
    if booking.state == State.CONFIRMED:
        return booking
    in_time = booking.state == State.CALLED
    advance(booking, "confirm", role=Role.PARTNER, by=by)
    if in_time:
        search.count_promise(booking.technician)
    return booking


@verb
def release(
    booking_id: int, technician_id: int, *, by: User, reason: str, role: Role = Role.PARTNER
) -> Booking:
    """The job is given back; the search begins again and does not ask them (rule D1).

    A repeat changes nothing.
    """
    try:
        booking = lock_own(booking_id, technician_id)
    except NotYours:
        released = Booking.objects.get(pk=booking_id)
        last = released.assignments.last()
        if (
            released.state == State.SEARCHING
            and last
            and (last.technician_id, last.end) == (technician_id, "release")
        ):
            return released
        raise
    technician, at = booking.technician, read_clock(booking)
    released = advance(booking, "release", role=role, by=by, at=at, reason=reason)
    caps.tell_ops_of_a_pause(released, technician, at)
    return released


@verb
def depart(booking_id: int, technician_id: int, *, by: User) -> Booking:
    """They are on their way; the customer is told at once (rule L8)."""
    booking = lock_own(booking_id, technician_id)
    if booking.state != State.EN_ROUTE:
        Position.objects.filter(booking=booking).delete()  # of somebody who was on the way before
    return _step(booking_id, technician_id, "depart", State.EN_ROUTE, by)


@verb
def arrive(
    booking_id: int, technician_id: int, *, by: User, place: PhonePlace | None = None
) -> Booking:
    """They are at the door; from here the position is nobody's business (rule L8, fault A16).

    `place`: where the phone is now, kept with the visit; a repeat keeps none.
    """
    comes = lock_own(booking_id, technician_id).state != State.ARRIVED
    at = mila_now()
    booking = _step(booking_id, technician_id, "arrive", State.ARRIVED, by, at=at)
    if comes:
        fault_ledger.note_late(booking, at, arrived_at=at)  # the sweep may not have been by
        keep_place(Locked(booking), DoorMove.ARRIVE, place, at)
    Position.objects.filter(booking=booking).delete()
    return booking


@verb
def start(booking_id: int, technician_id: int, *, by: User) -> Booking:
    """The work begins (rule L9)."""
    return _step(booking_id, technician_id, "start", State.IN_PROGRESS, by)


@verb
def report_position(
    booking_id: int, technician_id: int, *, lat: float, lon: float, eta_at: datetime | None
) -> None:
    """Where they are, while they are on their way and not a second longer; otherwise nothing is
    kept (rule L8).
    """
    booking = lock_own(booking_id, technician_id)
    if booking.state != State.EN_ROUTE:
        return
    lat, lon = _leaving_home_aside(booking, lat, lon)
    Position.objects.update_or_create(
        booking=booking, defaults={"lat": lat, "lon": lon, "eta_at": eta_at, "at": mila_now()}
    )
    publish.publish(f"booking:{booking.uuid}", "position")


def _leaving_home_aside(booking: Booking, lat: float, lon: float) -> tuple[float, float]:
    """Where they set off from is mostly where they live: in their own neighbourhood its middle is
    told, as long as the house they come to is in another (fault A6).
    """
    assert booking.technician is not None
    here = neighbourhood(lat, lon)
    if here != neighbourhood(booking.technician.lat, booking.technician.lon):
        return lat, lon
    house = BookingContact.objects.filter(booking=booking).values_list("lat", "lon").first()
    near = house is not None and None not in house and here == neighbourhood(*house)
    return (lat, lon) if near else here


@verb
def finish(
    booking_id: int,
    technician_id: int,
    *,
    by: User,
    report: Mapping[str, Any],
    service_cents: int | None = None,
) -> Booking:
    """The work is done: what was done, the checklist, at the price that was agreed last
    (rule L10, L12).

    `service_cents`: what a Friend asks in the end, fee not included: no more than was agreed, which
    nobody need accept. Raises NotAgreed, PriceIsFixed. A repeat returns the booking.
    """
    booking = lock_own(booking_id, technician_id)
    if booking.state == State.FINISHED:
        return booking
    if booking.state != State.IN_PROGRESS:
        raise IllegalMove("finish", booking.state, Role.PARTNER)
    at = read_clock(booking)
    _lower(booking, service_cents, by=by, at=at)
    return advance(
        booking,
        "finish",
        role=Role.PARTNER,
        by=by,
        at=at,
        finished_at=at,
        report=dict(report),
        data={"version": price_versions.agreed(booking).version},
    )


def _lower(booking: Locked, service_cents: int | None, *, by: User, at: datetime) -> None:
    """The last accepted version, less what the technician lets off; nothing is written where that
    is nothing.

    After an end that was taken back the version is a new one even at the same price: a page that
    still shows the former report signs nothing, and was no reading of this one.
    """
    assert booking.partner is not None
    agreed = price_versions.agreed(booking)
    wanted = agreed.service_cents if service_cents is None else service_cents
    if wanted > agreed.service_cents:
        raise NotAgreed
    if wanted < agreed.service_cents and not booking.partner.is_friend:
        raise PriceIsFixed
    anew = booking.events.filter(move="undo_finish").exists()
    if wanted == agreed.service_cents and not anew:
        return
    lines = price_versions.lines_of(agreed)
    if wanted < agreed.service_cents:
        with translation.override(booking.language):  # the customer reads and signs these words
            lines.append(price_versions.Line(gettext("Reduction"), wanted - agreed.service_cents))
    price_versions.fall(booking.quotes.open(), at)  # one waits at a time, and this ends it
    lower = price_versions.write(booking, lines, by=by, at=at)
    price_versions.accept(lower, AcceptanceKind.NOT_NEEDED, by=by, at=at)


@verb
def fail_visit(
    booking_id: int,
    technician_id: int,
    *,
    by: User,
    reason: str,
    fault: str,
    role: Role = Role.PARTNER,
    place: PhonePlace | None = None,
) -> Booking:
    """It could not be done; who caused it decides who pays (rule L11). Nobody home: after ten
    minutes' wait.

    The wait begins at the later of arrival and start. Inside a French right of withdrawal the
    customer owes nothing, unless the work had begun and the code says that they met (rule B10). A
    fee is held until the customer has read of it; `place`, where the phone is now, decides whether
    it may go on by itself then (was_at_the_door).
    """
    booking = lock_own(booking_id, technician_id)
    if booking.state == State.FAILED:
        return booking
    at = read_clock(booking)
    fee = 0
    if fault == Fault.CUSTOMER:
        arrived_at = last_made_at(booking, "arrive")
        if arrived_at is None or at < deadlines.door_wait_ends_at(
            max(arrived_at, booking.start_at), booking.policy
        ):
            raise WaitNotOver(
                _("Please wait at the door for %(wait)s first; the page counts them for you.")
                % {"wait": span(booking.policy.door_wait)}
            )
        if not may_withdraw(booking, at) or (
            booking.state == State.IN_PROGRESS and have_met(booking)
        ):
            fee = booking.policy.cancel_fee_cents[booking.currency]
        keep_place(booking, DoorMove.FAIL, place, at)
    return advance(
        booking,
        "fail_visit",
        role=role,
        by=by,
        at=at,
        reason=reason,
        fee_cents=fee,
        end_reason=reason[:200],
        end_fault=fault,
    )


@verb
def report_cash(booking_id: int, technician_id: int, *, by: User) -> Booking:
    """The customer offered cash: staff are told, once for each job, and talk to the customer
    (rule M1).
    """
    booking = lock_own(booking_id, technician_id)
    notices.queue(booking, "cash_ops", round=0)
    return booking


def drop_old_positions(at: datetime, kept: dict[str, timedelta]) -> int:
    """Positions are gone after the time of their country, and where nobody is on the way any more
    (rule L8).
    """
    gone = ~Q(booking__state=State.EN_ROUTE)
    for country, so_long in kept.items():
        gone |= Q(booking__country=country, at__lt=at - so_long)
    return Position.objects.filter(gone).delete()[0]
