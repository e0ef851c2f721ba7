"""The fee of a visit in vain: held, told, and let go by silence only with a place at the door
(rule B10, L11).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Notification
from backoffice.invariants import violations
from mila.clock import mila_now
from payments import charges, sweeps
from payments.models import Charge, ChargeState, LedgerEntry
from policy.models import PolicyRow
from policy.queries import policy_at
from requests_app import notices
from requests_app.actions import signing, undoing, visit
from requests_app.lifecycle import Role
from requests_app.models import Booking, BookingContact, Fault, State
from tests.cast import at_the_door, begin, sign, walk
from tests.factories import LONG_AGO
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
DAY = timedelta(hours=24)


def charge_of(booking):
    return Charge.objects.get(booking=booking)


def nothing_moved(booking):
    return cast.intents(booking) == [] and not LedgerEntry.objects.exists()


def page(booking):
    return reverse("customer:held", args=[booking.token])


def outside_the_right(booking):
    """The Friend's contract was made so long ago that nobody can withdraw from it any more."""
    Booking.objects.filter(pk=booking.pk).update(claimed_at=mila_now() - timedelta(days=20))


@pytest.fixture
def nobody_opens(booked, payee, stopped_clock):
    """A function: the technician came and waited, their phone at these places."""

    def end(arrival, end):
        booking = walk(booked, payee, State.EN_ROUTE)
        outside_the_right(booking)
        visit.arrive(booking.pk, payee.pk, by=payee.user, place=arrival)
        stopped_clock(booking.start_at + timedelta(minutes=10))
        words = {"reason": "Nobody opened", "fault": Fault.CUSTOMER}
        visit.fail_visit(booking.pk, payee.pk, by=payee.user, place=end, **words)
        sweeps.sweep()
        return Booking.objects.get(pk=booking.pk)

    return end


@pytest.fixture
def in_vain(nobody_opens):
    return nobody_opens(at_the_door(40), at_the_door(60))


def silence(booking, stopped_clock):
    """The payer reads of it, and says nothing for two days."""
    charges.read(charge_of(booking).pk)
    stopped_clock(mila_now() + 2 * DAY)
    return [sweeps.sweep(), sweeps.sweep()]


def test_with_a_place_at_the_door_silence_lets_it_go(in_vain, stopped_clock):
    silence(in_vain, stopped_clock)

    assert charge_of(in_vain).state == ChargeState.SUCCEEDED
    assert "door_unproved_ops" not in told(in_vain)


@pytest.mark.parametrize(
    ("arrival", "end"),
    [
        (None, None),
        (at_the_door(), None),
        (None, at_the_door()),
        (at_the_door(301), at_the_door()),
        (at_the_door(), at_the_door(301)),
        (at_the_door(accuracy_m=301), at_the_door()),
        (at_the_door(), at_the_door(accuracy_m=5_000)),
    ],
)
def test_without_one_at_both_ends_silence_charges_nothing_and_staff_are_told_once(
    arrival, end, nobody_opens, stopped_clock
):
    booking = nobody_opens(arrival, end)

    assert silence(booking, stopped_clock) == [1, 0]

    assert (charge_of(booking).state, charge_of(booking).next_at) == (ChargeState.HELD, None)
    assert told(booking).count("door_unproved_ops") == 1
    assert nothing_moved(booking)


def test_at_the_very_edge_of_the_figure_it_is_at_the_door(nobody_opens, stopped_clock):
    booking = nobody_opens(at_the_door(300, 300), at_the_door(300, 300))

    silence(booking, stopped_clock)

    assert charge_of(booking).state == ChargeState.SUCCEEDED


def test_how_near_is_the_policy_s_figure(nobody_opens, booked, stopped_clock):
    PolicyRow.objects.create(key="door_radius_m", value=50, starts_at=LONG_AGO)
    booked.policy_data = policy_at(mila_now(), "FR").to_json()
    booked.save(update_fields=["policy_data"])
    booking = nobody_opens(at_the_door(40), at_the_door(60))

    silence(booking, stopped_clock)

    assert charge_of(booking).state == ChargeState.HELD


def test_where_only_the_middle_of_the_town_is_known_silence_charges_nothing(
    nobody_opens, booked, stopped_clock
):
    BookingContact.objects.filter(booking=booked).update(precision="town")
    booking = nobody_opens(at_the_door(), at_the_door())

    silence(booking, stopped_clock)

    assert charge_of(booking).state == ChargeState.HELD
    assert nothing_moved(booking)


def test_without_a_place_the_payer_s_own_word_still_lets_it_go(nobody_opens):
    booking = nobody_opens(None, None)
    charges.read(charge_of(booking).pk)
    charges.agree(charge_of(booking).pk)

    sweeps.sweep()

    assert charge_of(booking).state == ChargeState.SUCCEEDED


def test_without_a_place_the_visit_code_shows_it(nobody_opens, booked, stopped_clock):
    booking = nobody_opens(None, None)
    booking.assignments.update(code_typed_at=booking.start_at)

    silence(booking, stopped_clock)

    assert charge_of(booking).state == ChargeState.SUCCEEDED


def test_what_staff_were_told_of_they_take_to_a_decision(nobody_opens, staff, stopped_clock):
    booking = nobody_opens(None, None)
    silence(booking, stopped_clock)
    charges.object_to(charge_of(booking).pk, by=staff, reason="No place", role=Role.OPS)

    signing.decide_fee(booking.pk, by=staff, reason="The neighbour saw them")
    sweeps.charge_booking(booking.pk)

    assert charge_of(booking).state == ChargeState.SUCCEEDED


def test_a_fee_that_silence_has_let_go_without_a_place_is_found_by_the_invariants(
    nobody_opens, stopped_clock
):
    booking = nobody_opens(None, None)
    charges.read(charge_of(booking).pk)
    stopped_clock(mila_now() + 2 * DAY)
    assert "held" not in violations()

    Charge.objects.update(state=ChargeState.PLANNED)

    assert any(
        "nothing shows that anybody was at the door" in line for line in violations()["held"]
    )


def told(booking):
    return list(Notification.objects.filter(subject_id=booking.uuid).values_list("kind", flat=True))


def test_its_fee_is_held_too(in_vain):
    assert (charge_of(in_vain).state, charge_of(in_vain).amount_cents) == (ChargeState.HELD, 2500)
    assert nothing_moved(in_vain)


def test_objected_to_nothing_is_owed_until_the_decision(in_vain):
    charges.object_to(charge_of(in_vain).pk, by=None, reason="I was at home")

    in_vain.refresh_from_db()
    assert (in_vain.state, in_vain.fee_cents) == (State.CONTESTED, 0)


def test_decided_fee_is_charged(in_vain, staff):
    charges.object_to(charge_of(in_vain).pk, by=None, reason="I was at home")

    for _ in range(2):
        signing.decide_fee(in_vain.pk, by=staff, reason="The wait is shown")
    sweeps.charge_booking(in_vain.pk)

    in_vain.refresh_from_db()
    assert (in_vain.state, in_vain.fee_cents, charge_of(in_vain).state) == (
        State.FAILED,
        2500,
        ChargeState.SUCCEEDED,
    )


def test_no_fee_is_decided_inside_the_right_of_withdrawal(in_vain, staff):
    charges.object_to(charge_of(in_vain).pk, by=None, reason="I was at home")
    Booking.objects.filter(pk=in_vain.pk).update(claimed_at=mila_now() - timedelta(days=2))

    with pytest.raises(signing.NoFeeHere):
        signing.decide_fee(in_vain.pk, by=staff, reason="The wait is shown")

    assert Booking.objects.get(pk=in_vain.pk).state == State.CONTESTED


def test_the_page_says_what_the_technician_says_of_the_wait(client, in_vain):
    client.post(page(in_vain), {"read": "1"})

    said = " ".join(
        client.get(page(in_vain), headers={"accept-language": "en"}).content.decode().split()
    )

    assert "Yanis Corvel says: arrived on" in said
    assert "Waited until" in said
    assert "The phone was 40 m from your door, give or take 20 m." in said
    assert "The phone was 60 m from your door, give or take 20 m." in said
    assert "If you do not, your card is charged then." in said


def test_the_page_says_that_no_place_was_recorded_and_promises_no_charge(client, nobody_opens):
    booking = nobody_opens(None, None)
    client.post(page(booking), {"read": "1"})

    said = " ".join(
        client.get(page(booking), headers={"accept-language": "en"}).content.decode().split()
    )

    assert said.count("No place was recorded.") == 2
    assert "your card is charged then" not in said
    assert "Your card is charged only if you agree" in said


def test_the_mail_says_what_silence_does(nobody_opens):
    booking = nobody_opens(None, None)

    facts = Notification.objects.get(subject_id=booking.uuid, kind="failed").context
    assert facts["at_the_door"] is False
    assert facts["fee_cents"] == 2500


def test_place_of_an_arrival_that_was_taken_back_proves_nothing(booked, payee, stopped_clock):
    booking, who = walk(booked, payee, State.EN_ROUTE), {"by": payee.user}
    outside_the_right(booking)
    visit.arrive(booking.pk, payee.pk, place=at_the_door(40), **who)
    undoing.take_back(booking.pk, payee.pk, step="arrive", **who)
    stopped_clock(booking.start_at - timedelta(minutes=1))
    visit.arrive(booking.pk, payee.pk, place=None, **who)
    stopped_clock(booking.start_at + timedelta(minutes=10))
    visit.fail_visit(
        booking.pk,
        payee.pk,
        reason="Nobody opened",
        fault=Fault.CUSTOMER,
        place=at_the_door(40),
        **who,
    )
    sweeps.sweep()

    silence(booking, stopped_clock)

    assert charge_of(booking).state == ChargeState.HELD
    assert nothing_moved(booking)


def begun_in_vain(booked, payee, stopped_clock, *, met):
    """Inside a French right of withdrawal: arrived, begun, and then it was the customer's fault."""
    booking = walk(booked, payee, State.EN_ROUTE)
    visit.arrive(booking.pk, payee.pk, by=payee.user, place=at_the_door())
    if met:
        begin(booking, payee)
    else:
        visit.start(booking.pk, payee.pk, by=payee.user)
    stopped_clock(booking.start_at + timedelta(minutes=10))
    words = {"reason": "Nobody opened", "fault": Fault.CUSTOMER}
    visit.fail_visit(booking.pk, payee.pk, by=payee.user, place=at_the_door(), **words)
    sweeps.sweep()
    return Booking.objects.get(pk=booking.pk)


def test_beginning_without_the_code_makes_no_fee_inside_the_right_of_withdrawal(
    booked, payee, stopped_clock
):
    booking = begun_in_vain(booked, payee, stopped_clock, met=False)

    assert booking.fee_cents == 0
    assert not Charge.objects.filter(booking=booking).exists()


def test_beginning_with_the_code_does(booked, payee, stopped_clock):
    assert begun_in_vain(booked, payee, stopped_clock, met=True).fee_cents == 2500


def test_reminder_of_a_fee_that_was_decided_names_the_fee_and_no_former_total(booked, payee, staff):
    """Signed without the code, objected to, decided as a visit in vain: the signed total is no
    longer owed.
    """
    booking = walk(booked, payee, State.ARRIVED)
    visit.start(booking.pk, payee.pk, by=payee.user)
    outside_the_right(booking)
    report = {"done": "Canal", "explained": True, "tidied": True}
    visit.finish(booking.pk, payee.pk, by=payee.user, report=report)
    sign(booking)
    sweeps.sweep()
    charge = charge_of(booking)
    charges.object_to(charge.pk, by=None, reason="Nobody came")
    decided = signing.decide_fee(booking.pk, by=staff, reason="The wait is shown.")

    row = notices.queue(decided, "unpaid", round=1)

    assert decided.sign_off.charge_cents == 7190
    assert row.context["owed_cents"] == decided.fee_cents == 2500
