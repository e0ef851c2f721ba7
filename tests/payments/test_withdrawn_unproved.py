"""Withdrawn at work without the visit code: what the technician's tap alone makes due is told and
held (rule B10, L9b).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Notification
from backoffice.invariants import violations
from mila.clock import mila_now
from payments import charges, sweeps
from payments.models import Charge, ChargeState, LedgerEntry
from requests_app.actions import visit, withdrawing
from requests_app.lifecycle import ReasonMissing, Role
from requests_app.models import Booking, State, last_made_at
from tests.cast import walk
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WORDS = {"reason": "Nobody was here"}


def told(kind):
    return Notification.objects.filter(kind=kind).count()


def nothing_moved(booking):
    return cast.intents(booking) == [] and not LedgerEntry.objects.exists()


@pytest.fixture
def withdrawn(booked, payee, stopped_clock):
    """A function: half an hour after `start`, with the visit code or without."""

    def after(*, code: bool):
        Booking.objects.filter(pk=booked.pk).update(withdrawal_waived_at=mila_now())
        booking = walk(booked, payee, State.IN_PROGRESS if code else State.ARRIVED)
        if not code:
            booking = visit.start(booking.pk, payee.pk, by=payee.user)
        stopped_clock(last_made_at(booking, "start") + 30 * MINUTE)
        withdrawing.withdraw(
            booking.pk, role=Role.CUSTOMER, by=None, accepted_cost_cents=booking.service_cents
        )
        sweeps.sweep()
        return Booking.objects.get(pk=booking.pk)

    return after


def charge_of(booking):
    return Charge.objects.get(booking=booking)


def test_with_the_code_it_is_charged_by_itself(withdrawn):
    booking = withdrawn(code=True)

    assert charge_of(booking).state == ChargeState.SUCCEEDED
    assert charge_of(booking).amount_cents == booking.fee_cents == booking.service_cents // 2


def test_without_it_it_is_held_and_nothing_moves(withdrawn):
    booking = withdrawn(code=False)

    assert (charge_of(booking).state, booking.fee_cents) == (
        ChargeState.HELD,
        booking.service_cents // 2,
    )
    assert nothing_moved(booking)
    row = Notification.objects.get(kind="withdrawn")
    assert row.context["work_proved"] is False


def test_read_and_unanswered_it_is_not_charged_and_staff_are_told_once(withdrawn, stopped_clock):
    booking = withdrawn(code=False)
    charges.read(charge_of(booking).pk)
    stopped_clock(mila_now() + 30 * DAY)

    assert [sweeps.sweep(), sweeps.sweep()] == [1, 0]

    assert charge_of(booking).state == ChargeState.HELD
    assert told("withdrawal_unproved_ops") == 1
    assert nothing_moved(booking)


def test_agreed_it_is_charged(withdrawn, client):
    booking = withdrawn(code=False)
    page = reverse("customer:held", args=[booking.token])
    client.post(page, {"read": "1"})

    client.post(page, {"agree": "1"})
    sweeps.sweep()

    assert charge_of(booking).state == ChargeState.SUCCEEDED
    assert not list(violations())


def test_objected_to_nothing_is_owed_and_staff_look_at_it(withdrawn, client):
    booking = withdrawn(code=False)
    page = reverse("customer:held", args=[booking.token])
    client.post(page, {"read": "1"})

    client.post(page, {"object": "1", **WORDS})
    sweeps.sweep()

    booking.refresh_from_db()
    assert (booking.state, booking.fee_cents, booking.end_reason) == (
        State.CANCELLED,
        0,
        WORDS["reason"],
    )
    assert charge_of(booking).state == ChargeState.OBJECTED
    assert told("withdrawal_objected_ops") == 1
    assert nothing_moved(booking)


def test_objecting_takes_a_reason(withdrawn):
    booking = withdrawn(code=False)

    with pytest.raises(ReasonMissing):
        charges.object_to(charge_of(booking).pk, by=None, reason=" ")

    booking.refresh_from_db()
    assert (booking.fee_cents > 0, charge_of(booking).state) == (True, ChargeState.HELD)


def test_pages_say_so_before_and_after(withdrawn, client, booked):
    booking = withdrawn(code=False)
    en = {"accept-language": "en"}

    page = client.get(reverse("customer:booking", args=[booking.token]), headers=en)
    held = client.get(reverse("customer:held", args=[booking.token]), headers=en)

    assert "It is charged only if you agree." in page.content.decode()
    assert "Work before your withdrawal was reported" in held.content.decode()
