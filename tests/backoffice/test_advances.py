"""An advance by ops: from the booking's page, with a reason and the second factor, above the limit
by two (rule M4, O1, O2).
"""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from mila.clock import mila_now
from payments import sweeps
from payments.models import Account, Advance, LedgerEntry
from policy.models import PolicyRow
from tests import factories
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


@pytest.fixture
def unpaid(owing):
    return cast.unpaid_for_long(owing(cast.DECLINES_LATER))


@pytest.fixture
def ops(client, staff, unpaid):
    return sign_in(client, staff)


@pytest.fixture
def second(unpaid):
    """Another one of the staff."""
    return sign_in(
        Client(), factories.UserFactory(email="two@example.com", is_staff=True, is_superuser=True)
    )


def page(charge):
    return reverse("admin:requests_app_booking_change", args=[charge.booking_id])


def act(charge, name="advance"):
    return reverse("admin:requests_app_booking_act", args=[charge.booking_id, name])


REASON = {"reason": "Moved away"}


def owed():
    return sum(LedgerEntry.objects.filter(account=Account.ADVANCED).values_list("cents", flat=True))


def test_it_is_made_from_the_bookings_page_and_said_there(ops, staff, unpaid):
    assert act(unpaid) in ops.get(page(unpaid)).content.decode()
    assert re.search(r"55[.,]20", ops.get(act(unpaid)).content.decode())

    ops.post(act(unpaid), REASON)

    advance = Advance.objects.get()
    assert (advance.by, advance.reason, owed()) == (staff, "Moved away", 5520)
    assert "Moved away" in LogEntry.objects.latest("pk").change_message
    said = ops.get(page(unpaid)).content.decode()
    assert act(unpaid) not in said
    assert "Moved away" in said


def test_above_the_limit_two_different_people_say_yes(ops, second, unpaid):
    PolicyRow.objects.create(
        key="payout_approval_cents", value={"EUR": 5000, "CHF": 5000}, starts_at=mila_now()
    )
    ops.post(act(unpaid), REASON)
    ops.post(act(unpaid, "advance-approve"), REASON)
    assert (owed(), Advance.objects.get().made_at) == (0, None)

    second.post(act(unpaid, "advance-approve"), REASON)

    assert (owed(), Advance.objects.get().approved_by.email) == (5520, "two@example.com")


@pytest.mark.parametrize("name", ["advance", "advance-approve"])
def test_without_the_second_factor_nothing_is_advanced(client, staff, unpaid, name):
    if name == "advance-approve":
        Advance.objects.create(charge=unpaid, cents=5520, by=factories.UserFactory(), reason="x")
    asked = Advance.objects.count()
    sign_in(client, staff, seconds_ago=1_200)

    answer = client.post(act(unpaid, name), REASON)

    assert answer.url.startswith("/accounts/2fa/reauthenticate/")
    assert (Advance.objects.count(), owed()) == (asked, 0)
    assert not Advance.objects.exclude(made_at=None).exists()


def test_without_a_reason_nothing_is_advanced(ops, unpaid):
    answer = ops.post(act(unpaid), {"reason": ""})

    assert answer.status_code == 200
    assert (Advance.objects.count(), owed()) == (0, 0)


def test_paid_meanwhile_there_is_nothing_to_advance(ops, unpaid, payer):
    cast.pay_late(unpaid, cast.saved_card(payer))

    answer = ops.post(act(unpaid), REASON, follow=True)

    assert answer.redirect_chain == [(page(unpaid), 302)]
    assert (Advance.objects.count(), owed()) == (0, 0)


def test_what_the_customer_owes_mila_stands_in_the_trial_balance(ops, unpaid, payer):
    ops.post(act(unpaid), REASON)
    balance = reverse("admin:payments_ledgerentry_balance")

    said = ops.get(balance).content.decode()
    assert page(unpaid) in said
    assert unpaid.partner.name in said

    cast.pay_late(unpaid, cast.saved_card(payer))
    sweeps.sweep_returns()
    assert page(unpaid) not in ops.get(balance).content.decode()


def test_the_page_says_how_far_it_is(ops, unpaid, payer):
    """Made and open; paid, to be fetched back; never brought over, so nothing is to be fetched."""
    ops.post(act(unpaid), REASON)
    assert "b-warn" in _row(ops, unpaid)
    cast.pay_late(unpaid, cast.saved_card(payer))
    assert "b-warn" in _row(ops, unpaid)

    sweeps.sweep_returns()

    assert "b-good" in _row(ops, unpaid)


def _row(client, charge):
    """The line of the advance on the booking's page."""
    said = client.get(page(charge)).content.decode()
    return said.split("Moved away")[0].rpartition("<tr")[2]


def test_a_day_too_early_there_is_no_such_act(client, staff, owing):
    booking = owing(cast.DECLINES_LATER)
    cast.charged(booking)
    sign_in(client, staff)

    assert (
        act(booking.charges.get()) not in client.get(page(booking.charges.get())).content.decode()
    )
    assert booking.policy.advance_after > timedelta(days=1)
