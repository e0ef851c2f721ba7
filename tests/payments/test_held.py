"""What rests on the technician's word alone waits for the payer; nobody else lets it go
(rule L9b, L11, G0).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import mail_words
from accounts.models import Notification
from mila.clock import mila_now
from payments import charges, sweeps
from payments.charges import holding
from payments.models import Charge, ChargeState, LedgerEntry
from policy.models import PolicyRow
from policy.queries import policy_at
from requests_app.actions import answering, meeting, signing, visit
from requests_app.lifecycle import ReasonMissing, Role, TooEarly
from requests_app.models import Booking, SignOff, SignOffKind, State
from requests_app.price_versions import ByHand
from tests.cast import claimed, come_to, nearly_time, propose, sign, walk
from tests.factories import LONG_AGO
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
SECOND, DAY = timedelta(seconds=1), timedelta(hours=24)


@pytest.fixture
def unproved(booked, payee, stopped_clock):
    """Signed on the technician's screen at the booked price; the code was never typed."""
    booking = walk(booked, payee, State.ARRIVED)
    visit.start(booking.pk, payee.pk, by=payee.user)
    report = {"done": "Canal changé", "explained": True, "tidied": True}
    booking = visit.finish(booking.pk, payee.pk, by=payee.user, report=report)
    sign(booking)
    stopped_clock(mila_now())
    sweeps.sweep()
    return Booking.objects.get(pk=booking.pk)


def charge_of(booking):
    return Charge.objects.get(booking=booking)


def nothing_moved(booking):
    return cast.intents(booking) == [] and not LedgerEntry.objects.exists()


def test_a_technician_alone_charges_no_card(booked, payee, stopped_clock):
    """The attack: everything from the claim to the signature by the technician, in one go, nine
    hours early.
    """
    booking = claimed(booked, payee)
    user, ids = payee.user, (booking.pk, payee.pk)
    visit.record_call(*ids, by=user, channel="phone", reached=True)
    visit.confirm(*ids, by=user)
    stopped_clock(booking.start_at - timedelta(hours=9))

    with pytest.raises(TooEarly):
        visit.depart(*ids, by=user)

    nearly_time(booking)
    visit.depart(*ids, by=user)
    visit.arrive(*ids, by=user)
    visit.start(*ids, by=user)
    quote = propose(Booking.objects.get(pk=booking.pk), payee, 10_350)
    hand = ByHand("words", "Odile Perrachon", "Odile Perrachon")
    accepted = answering.accept_on_screen(*ids, version=quote.version, by=user, hand=hand)
    # it rises, and the payer's number is not the technician's to read
    assert accepted == answering.Answer.SPENT
    with pytest.raises(visit.NotAgreed):
        visit.finish(*ids, by=user, report={"done": "Tout"}, service_cents=10_350)
    visit.finish(*ids, by=user, report={"done": "Tout"})
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


@pytest.mark.parametrize(
    ("after", "paid"), [(DAY - SECOND, False), (DAY, True), (DAY + SECOND, True)]
)
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


def test_what_nobody_read_is_taken_up_once(unproved, stopped_clock):
    stopped_clock(charge_of(unproved).next_at)

    answers = [charges.let_go(charge_of(unproved).pk) for _ in range(2)]

    assert answers == [True, False]
    assert charge_of(unproved).state == ChargeState.HELD


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

    assert (charge_of(unproved).state, Booking.objects.get(pk=unproved.pk).state) == (
        "held",
        State.SIGNED_OFF,
    )


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
    visit.start(booking.pk, payee.pk, by=payee.user)
    booking = visit.finish(booking.pk, payee.pk, by=payee.user, report={"done": "x"})
    meeting.type_code(booking.pk, payee.pk, code=booking.assignments.get().code)
    sign(booking)

    sweeps.sweep()

    assert charge_of(booking).state == ChargeState.SUCCEEDED


# --- The page


def page(booking):
    return reverse("customer:held", args=[booking.token])


def test_looking_at_the_page_reads_nothing(client, unproved):
    for _ in range(2):
        assert client.get(page(unproved)).status_code == 200
        client.get(reverse("customer:booking", args=[unproved.token]))

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
    assert (
        page(unproved)
        in client.get(reverse("customer:booking", args=[unproved.token])).content.decode()
    )


def test_the_page_is_gone_once_it_is_decided(client, unproved):
    charges.object_to(charge_of(unproved).pk, by=None, reason="no", role=Role.OPS)

    assert client.get(page(unproved)).status_code == 302


def test_the_figure_of_the_policy_says_how_long_one_may_object(booked, payee, stopped_clock):
    """A dated row at the order, another span in the mail."""
    PolicyRow.objects.create(key="objection_window", value=48 * 3600, starts_at=LONG_AGO)
    booked.policy_data = policy_at(mila_now(), "FR").to_json()
    booked.save(update_fields=["policy_data"])
    booking = walk(booked, payee, State.ARRIVED)
    visit.start(booking.pk, payee.pk, by=payee.user)
    sign(visit.finish(booking.pk, payee.pk, by=payee.user, report={"done": "x"}))

    row = Notification.objects.get(subject_id=booking.uuid, kind="signed_unproved")
    row.language = "en"

    assert "you have 48 hours to object" in " ".join(mail_words.render(row).body.split())
