"""Mila pays the way of a visit in vain where no customer does: once, in all, with its entry
(rule L11, B10).
"""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import Notification
from backoffice.invariants import violations
from mila.clock import mila_now
from payments import charges, sweeps, ways
from payments.models import Charge, LedgerEntry, WayPay
from requests_app.actions import signing, visit
from requests_app.lifecycle import Role
from requests_app.models import Booking, Fault, State
from tests.cast import at_the_door, walk
from tests.evidence import forged
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
DOOR, ELSEWHERE = at_the_door(40), at_the_door(4_000)


def lines():
    return sorted(LedgerEntry.objects.values_list("account", "cents", "currency", "partner"))


def paid_by_mila(payee, cents=2500):
    return [("mila", cents, "EUR", None), ("partner", -cents, "EUR", payee.partner_id)]


@pytest.fixture
def end(booked, payee, stopped_clock):
    """A function: the technician came and waited, and ends the visit; or staff do."""

    def end(
        fault,
        *,
        role=Role.PARTNER,
        by=None,
        arrival=DOOR,
        place=DOOR,
        ordered_ago=timedelta(days=1),
    ):
        booking = walk(booked, payee, State.EN_ROUTE)
        ordered_at = mila_now() - ordered_ago
        Booking.objects.filter(pk=booked.pk).update(placed_at=ordered_at, claimed_at=ordered_at)
        visit.arrive(booking.pk, payee.pk, by=payee.user, place=arrival)
        stopped_clock(booking.start_at + timedelta(minutes=10))
        words = {"reason": "No line", "fault": fault, "role": role}
        visit.fail_visit(booking.pk, payee.pk, by=by or payee.user, place=place, **words)
        return Booking.objects.get(pk=booking.pk)

    return end


def asked(booking):
    return Notification.objects.filter(subject_id=booking.uuid, kind="way_ops").count()


# --- Staff are asked, and decide


@pytest.mark.parametrize("fault", [Fault.MILA, Fault.BRAND])
def test_whoever_of_staff_ends_a_visit_has_not_paid_with_it(end, payee, staff, fault):
    booking = end(fault, role=Role.OPS, by=staff)

    sweeps.charge_booking(booking.pk)

    assert (lines(), asked(booking), Charge.objects.count(), cast.intents(booking)) == (
        [],
        1,
        0,
        [],
    )
    ways.decide_way(booking.pk, paid=True, by=staff)
    assert lines() == paid_by_mila(payee)
    assert violations() == {}


def test_nobody_home_inside_the_right_of_withdrawal(end, payee, staff):
    """Also where the phone says the door: it is the partner's own, and the customer has nothing to
    object to.
    """
    booking = end(Fault.CUSTOMER)

    sweeps.charge_booking(booking.pk)

    assert (lines(), asked(booking), cast.intents(booking)) == ([], 1, [])
    ways.decide_way(booking.pk, paid=True, by=staff)
    assert lines() == paid_by_mila(payee)
    assert violations() == {}


def test_decision_that_nothing_is_owed_and_mila_is_at_fault(end, payee, staff):
    booking = end(Fault.CUSTOMER, ordered_ago=timedelta(days=20))
    sweeps.charge_booking(booking.pk)
    assert lines() == []  # a fee of the customer's is held
    charges.object_to(Charge.objects.get().pk, by=None, reason="I was at home")

    signing.decide_none(booking.pk, by=staff, reason="A wrong address of ours", fault=Fault.MILA)
    sweeps.charge_booking(booking.pk)
    assert lines() == []
    ways.decide_way(booking.pk, paid=True, by=staff)

    assert lines() == paid_by_mila(payee)
    assert violations() == {}


def test_lost_message_is_found_by_the_sweep_and_a_repeat_asks_and_pays_nothing_more(
    end, payee, staff
):
    booking = end(Fault.CUSTOMER)
    sweeps.sweep()
    assert asked(booking) == 1
    ways.decide_way(booking.pk, paid=True, by=staff)

    sweeps.sweep()
    sweeps.charge_booking(booking.pk)
    ways.ask_about_way(booking.pk)

    assert (lines(), asked(booking)) == (paid_by_mila(payee), 1)
    assert sweeps.unsettled_bookings() == []


def test_all_of_it_stands_on_the_partner_s_pages(client, end, payee, staff):
    booking = end(Fault.CUSTOMER)
    sweeps.charge_booking(booking.pk)
    ways.decide_way(booking.pk, paid=True, by=staff)
    client.force_login(payee.user)

    page = client.get(
        reverse("partner:job", args=[booking.uuid]), headers={"Accept-Language": "en"}
    ).content.decode()
    listed = client.get(reverse("partner:jobs")).content.decode()

    assert "25,00" in page
    assert "sans commission" in page
    assert "25,00" in listed


@pytest.mark.parametrize(
    ("fault", "places"),
    [
        (Fault.MILA, {}),
        (Fault.BRAND, {}),
        (Fault.CUSTOMER, {"arrival": None, "place": None}),
        (Fault.CUSTOMER, {"arrival": DOOR, "place": ELSEWHERE}),
    ],
)
def test_staff_are_asked_once_and_nothing_is_paid_before(end, fault, places):
    booking = end(fault, **places)

    sweeps.charge_booking(booking.pk)
    sweeps.sweep()

    assert lines() == []
    assert asked(booking) == 1
    assert WayPay.objects.get().cents is None
    assert violations() == {}


@pytest.mark.parametrize("fault", [Fault.PARTNER, Fault.NOBODY])
def test_partner_s_own_fault_or_nobody_s_is_nobody_s_to_pay(end, fault):
    booking = end(fault)

    sweeps.charge_booking(booking.pk)

    assert (lines(), WayPay.objects.count(), asked(booking)) == ([], 0, 0)


def test_fee_of_the_customer_s_is_not_paid_twice(end):
    booking = end(Fault.CUSTOMER, ordered_ago=timedelta(days=20))

    sweeps.charge_booking(booking.pk)

    assert Charge.objects.get().state == "held"
    assert (lines(), WayPay.objects.count()) == ([], 0)


def test_decision_against_the_technician_makes_no_claim(end, staff):
    booking = end(Fault.CUSTOMER, ordered_ago=timedelta(days=20))
    sweeps.charge_booking(booking.pk)
    charges.object_to(Charge.objects.get().pk, by=None, reason="I was at home")
    signing.decide_none(booking.pk, by=staff, reason="They were", fault=Fault.CUSTOMER)

    sweeps.sweep()

    assert (lines(), WayPay.objects.count(), sweeps.unsettled_bookings()) == ([], 0, [])


def act(client, booking, paid):
    address = reverse("admin:requests_app_booking_act", args=[booking.pk, "way"])
    return client.post(address, {"paid": paid, "reason": "Looked at"})


@pytest.mark.parametrize(
    ("paid", "cents", "words"), [("yes", 2500, "25,00"), ("no", 0, "ne paie pas")]
)
def test_staff_decide_in_the_back_office_and_the_job_says_it(
    client, end, payee, staff, paid, cents, words
):
    booking = end(Fault.MILA)
    sweeps.charge_booking(booking.pk)
    job = reverse("partner:job", args=[booking.uuid])
    client.force_login(payee.user)
    assert "Mila décide" in client.get(job).content.decode()

    sign_in(client, staff)
    assert act(client, booking, paid).status_code == 302
    story = client.get(
        reverse("admin:requests_app_booking_change", args=[booking.pk])
    ).content.decode()

    way = WayPay.objects.get()
    assert (way.cents, way.by) == (cents, staff)
    assert lines() == (paid_by_mila(payee) if cents else [])
    assert ("25,00" in story) == (paid == "yes")
    client.force_login(payee.user)
    assert words in client.get(job).content.decode()
    assert violations() == {}


def test_decided_is_decided(end, payee, staff):
    booking = end(Fault.MILA)
    sweeps.charge_booking(booking.pk)
    ways.decide_way(booking.pk, paid=True, by=staff)

    ways.decide_way(booking.pk, paid=True, by=staff)
    with pytest.raises(ways.WayNotOpen):
        ways.decide_way(booking.pk, paid=False, by=staff)

    assert lines() == paid_by_mila(payee)


def test_policy_of_nothing_pays_nothing(end, staff):
    booking = end(Fault.MILA)
    Booking.objects.filter(pk=booking.pk).update(
        policy_data={"cancel_fee_cents": {"EUR": 0, "CHF": 0}}
    )
    sweeps.charge_booking(booking.pk)

    way = ways.decide_way(booking.pk, paid=True, by=staff)

    assert (way.cents, lines()) == (0, [])
    assert violations() == {}


def test_nothing_was_asked_so_nothing_is_decided(end, staff):
    booking = end(Fault.NOBODY)

    with pytest.raises(ways.WayNotOpen):
        ways.decide_way(booking.pk, paid=True, by=staff)

    assert (lines(), WayPay.objects.count()) == ([], 0)


def test_staff_show_the_second_factor_again(client, end, staff):
    booking = end(Fault.MILA)
    sweeps.charge_booking(booking.pk)
    sign_in(client, staff, seconds_ago=700)

    answer = act(client, booking, "yes")

    assert (answer.status_code, lines()) == (302, [])
    assert WayPay.objects.get().cents is None


# --- What is found afterwards


@pytest.mark.parametrize(
    "breach",
    [
        lambda way: WayPay.objects.update(cents=5000),
        lambda way: LedgerEntry.objects.all().delete(),
        lambda way: LedgerEntry.objects.update(key="other"),
        lambda way: Booking.objects.filter(pk=way.booking_id).update(fee_cents=2500),
    ],
)
def test_breach_is_named(end, staff, breach):
    booking = end(Fault.CUSTOMER)
    ways.ask_about_way(booking.pk)
    way = ways.decide_way(booking.pk, paid=True, by=staff)

    with forged():
        breach(way)

    assert "way" in violations()


# --- Words (rule N0)


def test_message_at_the_door_promises_no_pay():
    """What becomes of the way hangs on places, the customer and staff: before they have spoken
    nothing is sure.
    """
    with translation.override("en"):
        facts = {
            "number": "M000001",
            "service": "Wi-Fi",
            "place": "Lyon",
            "start_at": mila_now(),
            "zone": "Europe/Paris",
        }
        words = render_to_string("emails/door_waited.txt", facts)

    assert "says what becomes of the way" in words
    assert "paid" not in words
