"""What rests on the technician's word alone waits for the payer; nobody else lets it go (PRODUCT L9b, L11, G0)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import notifications
from accounts.models import Notification
from catalogue.models import PolicyRow
from catalogue.policy import policy_at
from mila.clock import mila_now
from mila.invariants import violations
from payments import charges, sweeps
from payments.charges import holding
from payments.models import Charge, ChargeState, LedgerEntry
from requests_app.actions import meeting, signing, visiting
from requests_app.lifecycle import ReasonMissing, Role, TooEarly
from requests_app.models import Booking, BookingContact, Fault, SignOff, SignOffKind, State
from tests.cast import at_the_door, claimed, come_to, nearly_time, sign, walk
from tests.factories import LONG_AGO
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
SECOND, DAY = timedelta(seconds=1), timedelta(hours=24)


@pytest.fixture
def booked(searching, payer):
    """A booking whose card can really be charged."""
    searching.card = cast.saved_card(payer)
    searching.customer = payer
    searching.save(update_fields=["card", "customer"])
    return searching


@pytest.fixture
def unproved(booked, payee, stopped_clock):
    """Signed on the technician's screen at the booked price; the code was never typed."""
    booking = walk(booked, payee, State.ARRIVED)
    visiting.start(booking.pk, payee.pk, by=payee.user)
    report = {"done": "Canal changé", "explained": True, "tidied": True}
    booking = visiting.finish(booking.pk, payee.pk, by=payee.user, report=report)
    sign(booking)
    stopped_clock(mila_now())
    sweeps.sweep()
    return Booking.objects.get(pk=booking.pk)


def charge_of(booking):
    return Charge.objects.get(booking=booking)


def nothing_moved(booking):
    return cast.intents(booking) == [] and not LedgerEntry.objects.exists()


def test_a_technician_alone_charges_no_card(booked, payee, stopped_clock):
    """The attack: everything from the claim to the signature by the technician, in one go, nine hours early."""
    booking = claimed(booked, payee)
    user, ids = payee.user, (booking.pk, payee.pk)
    visiting.record_call(*ids, by=user, channel="phone", reached=True)
    visiting.confirm(*ids, by=user)
    stopped_clock(booking.start_at - timedelta(hours=9))

    with pytest.raises(TooEarly):
        visiting.depart(*ids, by=user)

    nearly_time(booking)
    visiting.depart(*ids, by=user)
    visiting.arrive(*ids, by=user)
    visiting.start(*ids, by=user)
    visiting.finish(*ids, by=user, report={"done": "Tout"}, service_cents=10_350)
    with pytest.raises(signing.OwnDeviceNeeded):
        sign(Booking.objects.get(pk=booking.pk))
    come_to(booking.start_at + timedelta(days=30))
    sweeps.sweep()

    assert Booking.objects.get(pk=booking.pk).state == State.FINISHED
    assert not Charge.objects.exists()
    assert nothing_moved(booking)


def test_without_the_code_the_charge_is_planned_and_held(unproved):
    charge = charge_of(unproved)

    assert (charge.state, charge.amount_cents, charge.opened_at, charge.held_until) == (
        ChargeState.HELD,
        7190,
        None,
        None,
    )
    assert nothing_moved(unproved)
    assert unproved.state == State.SIGNED_OFF
    assert sweeps.sweep() == 0


def test_what_is_not_due_is_not_let_go(unproved):
    charge = charges.read(charge_of(unproved).pk)

    assert charges.let_go(charge.pk) is False

    assert charge_of(unproved).state == ChargeState.HELD
    assert nothing_moved(unproved)


def test_with_the_code_it_goes_on_at_once(booked, payee):
    booking = walk(booked, payee, State.SIGNED_OFF)

    sweeps.sweep()

    booking.refresh_from_db()
    assert (charge_of(booking).state, booking.state) == (ChargeState.SUCCEEDED, State.SETTLED)


@pytest.mark.parametrize(("after", "paid"), [(DAY - SECOND, False), (DAY, True), (DAY + SECOND, True)])
def test_a_day_after_it_was_read_it_goes_on(after, paid, unproved, stopped_clock):
    read_at = mila_now()
    charges.read(charge_of(unproved).pk)
    stopped_clock(read_at + after)

    sweeps.sweep()
    sweeps.sweep()

    unproved.refresh_from_db()
    assert unproved.state == (State.SETTLED if paid else State.SIGNED_OFF)
    assert charge_of(unproved).state == (ChargeState.SUCCEEDED if paid else ChargeState.HELD)


def test_reading_twice_keeps_the_first_instant(unproved, stopped_clock):
    first = charges.read(charge_of(unproved).pk).held_until
    stopped_clock(mila_now() + timedelta(hours=5))

    assert charges.read(charge_of(unproved).pk).held_until == first


def test_agreed_it_goes_on_at_once(unproved):
    charges.read(charge_of(unproved).pk)
    charges.agree(charge_of(unproved).pk)

    sweeps.sweep()

    unproved.refresh_from_db()
    assert unproved.state == State.SETTLED


def test_agreed_unread_is_refused(unproved):
    with pytest.raises(holding.NotRead):
        charges.agree(charge_of(unproved).pk)

    assert charge_of(unproved).state == ChargeState.HELD


def test_nobody_reads_it_and_staff_are_told_once(unproved, stopped_clock):
    stopped_clock(mila_now() + timedelta(hours=72))

    assert [sweeps.sweep(), sweeps.sweep()] == [1, 0]

    assert charge_of(unproved).state == ChargeState.HELD
    assert Notification.objects.filter(subject_id=unproved.uuid, kind="held_ops").count() == 1
    assert nothing_moved(unproved)


def test_an_objection_stops_it_and_opens_a_case(unproved, stopped_clock):
    charges.read(charge_of(unproved).pk)

    charges.object_to(charge_of(unproved).pk, by=None, reason="Nobody was here")
    stopped_clock(mila_now() + timedelta(days=3))

    assert sweeps.sweep() == 0
    unproved.refresh_from_db()
    assert (unproved.state, charge_of(unproved).state) == (State.CONTESTED, ChargeState.OBJECTED)
    assert nothing_moved(unproved)


def test_an_objection_needs_a_reason(unproved):
    with pytest.raises(ReasonMissing):
        charges.object_to(charge_of(unproved).pk, by=None, reason=" ")

    assert (charge_of(unproved).state, Booking.objects.get(pk=unproved.pk).state) == ("held", State.SIGNED_OFF)


def test_what_has_gone_on_can_no_longer_be_objected_to(unproved, stopped_clock):
    charges.read(charge_of(unproved).pk)
    stopped_clock(mila_now() + DAY)
    sweeps.sweep()

    with pytest.raises(charges.NotHeld):
        charges.object_to(charge_of(unproved).pk, by=None, reason="Nobody was here")

    assert Booking.objects.get(pk=unproved.pk).state in (State.SIGNED_OFF, State.SETTLED)


@pytest.mark.parametrize(("cents", "charged"), [(6900, 7190), (3000, 3290)])
def test_the_decision_is_what_is_charged(cents, charged, unproved, staff):
    charges.object_to(charge_of(unproved).pk, by=None, reason="Nobody was here")

    signing.decide(unproved.pk, service_cents=cents, by=staff, reason="Half of it was done")
    sweeps.charge_booking(unproved.pk)

    unproved.refresh_from_db()
    assert (unproved.state, charge_of(unproved).amount_cents) == (State.SETTLED, charged)
    assert [one.kind for one in SignOff.objects.all()] == [SignOffKind.SCREEN, SignOffKind.DECISION]


def test_decided_that_nothing_is_owed_nothing_is_charged(unproved, staff):
    charges.object_to(charge_of(unproved).pk, by=None, reason="Nobody was here")

    signing.decide_none(unproved.pk, by=staff, reason="Nothing is shown")

    assert sweeps.charge_booking(unproved.pk) is None
    assert nothing_moved(unproved)


def test_the_code_typed_before_the_signature_frees_it(booked, payee):
    booking = walk(booked, payee, State.ARRIVED)
    visiting.start(booking.pk, payee.pk, by=payee.user)
    booking = visiting.finish(booking.pk, payee.pk, by=payee.user, report={"done": "x"})
    meeting.type_code(booking.pk, payee.pk, code=booking.assignments.get().code)
    sign(booking)

    sweeps.sweep()

    assert charge_of(booking).state == ChargeState.SUCCEEDED


# --- A visit in vain


@pytest.fixture
def nobody_opens(booked, payee, stopped_clock):
    """A function: the technician came and waited, their phone at these places."""

    def end(arrival, end):
        Booking.objects.filter(pk=booked.pk).update(placed_at=mila_now() - timedelta(days=20))
        booking = walk(booked, payee, State.EN_ROUTE)
        visiting.arrive(booking.pk, payee.pk, by=payee.user, place=arrival)
        stopped_clock(booking.start_at + timedelta(minutes=10))
        words = {"reason": "Nobody opened", "fault": Fault.CUSTOMER}
        visiting.fail_visit(booking.pk, payee.pk, by=payee.user, place=end, **words)
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


def test_where_only_the_middle_of_the_town_is_known_silence_charges_nothing(nobody_opens, booked, stopped_clock):
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


def test_a_fee_that_silence_has_let_go_without_a_place_is_found_by_the_invariants(nobody_opens, stopped_clock):
    booking = nobody_opens(None, None)
    charges.read(charge_of(booking).pk)
    stopped_clock(mila_now() + 2 * DAY)
    assert "held" not in violations()

    Charge.objects.update(state=ChargeState.PLANNED)

    assert any("nothing shows that anybody was at the door" in line for line in violations()["held"])


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
    Booking.objects.filter(pk=in_vain.pk).update(placed_at=mila_now() - timedelta(days=2))

    with pytest.raises(signing.NoFeeHere):
        signing.decide_fee(in_vain.pk, by=staff, reason="The wait is shown")

    assert Booking.objects.get(pk=in_vain.pk).state == State.CONTESTED


# --- The page


def page(booking):
    return reverse("payments:held", args=[booking.token])


def test_looking_at_the_page_reads_nothing(client, unproved):
    for _ in range(2):
        assert client.get(page(unproved)).status_code == 200
        client.get(reverse("requests_app:booking", args=[unproved.token]))

    assert charge_of(unproved).opened_at is None


def test_the_page_reads_then_shows_what_was_signed_and_until_when(client, unproved):
    before = client.get(page(unproved)).content.decode()
    client.post(page(unproved), {"read": "1"})
    after = client.get(page(unproved)).content.decode()

    assert "Canal changé" not in before
    assert "Canal changé" in after
    assert charge_of(unproved).opened_at


def test_the_page_agrees(client, unproved):
    client.post(page(unproved), {"read": "1"})

    client.post(page(unproved), {"agree": "1"})

    assert charge_of(unproved).state == ChargeState.PLANNED


def test_the_page_objects_with_a_reason(client, unproved):
    client.post(page(unproved), {"read": "1"})

    assert client.post(page(unproved), {"object": "1", "reason": " "}).status_code == 422
    assert charge_of(unproved).state == ChargeState.HELD
    client.post(page(unproved), {"object": "1", "reason": "Nobody was here"})

    unproved.refresh_from_db()
    assert unproved.state == State.CONTESTED
    assert unproved.events.last().reason == "Nobody was here"


def test_the_booking_s_page_leads_there(client, unproved):
    assert page(unproved) in client.get(reverse("requests_app:booking", args=[unproved.token])).content.decode()


def test_the_page_is_gone_once_it_is_decided(client, unproved):
    charges.object_to(charge_of(unproved).pk, by=None, reason="no", role=Role.OPS)

    assert client.get(page(unproved)).status_code == 302


def test_the_page_says_what_the_technician_says_of_the_wait(client, in_vain):
    client.post(page(in_vain), {"read": "1"})

    said = " ".join(client.get(page(in_vain), headers={"accept-language": "en"}).content.decode().split())

    assert "Yanis Corvel says: arrived on" in said
    assert "Waited until" in said
    assert "The phone was 40 m from your door, give or take 20 m." in said
    assert "The phone was 60 m from your door, give or take 20 m." in said
    assert "If you do not, your card is charged then." in said


def test_the_page_says_that_no_place_was_recorded_and_promises_no_charge(client, nobody_opens):
    booking = nobody_opens(None, None)
    client.post(page(booking), {"read": "1"})

    said = " ".join(client.get(page(booking), headers={"accept-language": "en"}).content.decode().split())

    assert said.count("No place was recorded.") == 2
    assert "your card is charged then" not in said
    assert "Your card is charged only if you agree" in said


def test_the_mail_says_what_silence_does(nobody_opens):
    booking = nobody_opens(None, None)

    facts = Notification.objects.get(subject_id=booking.uuid, kind="failed").context
    assert facts["at_the_door"] is False
    assert facts["fee_cents"] == 2500


def test_the_figure_of_the_policy_says_how_long_one_may_object(booked, payee, stopped_clock):
    """A dated row at the order, another span in the mail."""
    PolicyRow.objects.create(key="objection_window", value=48 * 3600, starts_at=LONG_AGO)
    booked.policy_data = policy_at(mila_now(), "FR").to_json()
    booked.save(update_fields=["policy_data"])
    booking = walk(booked, payee, State.ARRIVED)
    visiting.start(booking.pk, payee.pk, by=payee.user)
    sign(visiting.finish(booking.pk, payee.pk, by=payee.user, report={"done": "x"}))

    row = Notification.objects.get(subject_id=booking.uuid, kind="signed_unproved")
    row.language = "en"

    assert "you have 48 hours to object" in " ".join(notifications.render(row).body.split())
