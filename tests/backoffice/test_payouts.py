"""Money out in the back office: seen, frozen, said yes to by two, never
written (rule M5, G4, O1).
"""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from mila.clock import mila_now
from payments import sweeps
from payments.models import Earning, Payout, PayoutState
from payments.standin.models import Thing
from policy.models import PolicyRow
from tests import factories
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def ops(client, staff):
    return sign_in(client, staff)


@pytest.fixture
def second():
    """Another one of the staff."""
    return sign_in(
        Client(), factories.UserFactory(email="two@example.com", is_staff=True, is_superuser=True)
    )


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


@pytest.fixture
def large(owing, payee):
    PolicyRow.objects.create(
        key="payout_approval_cents", value={"EUR": 5000, "CHF": 5000}, starts_at=mila_now()
    )
    cast.come_to_payday(cast.earned(owing()))
    sweeps.sweep_payouts()
    return Payout.objects.get()


def act(payout, name):
    return reverse("admin:payments_payout_act", args=[payout.pk, name])


def of_booking(earning, name):
    return reverse("admin:requests_app_booking_act", args=[earning.booking_id, name])


REASON = {"reason": "Geprüft"}


def test_two_people_say_yes(ops, second, large):
    for _ in range(2):
        ops.post(act(large, "approve"), REASON)
    large.refresh_from_db()
    assert (large.state, large.approved_too_by) == (PayoutState.WAITS, None)

    second.post(act(large, "approve"), REASON)

    large.refresh_from_db()
    assert large.state == PayoutState.PLANNED
    assert large.approved_by_id != large.approved_too_by_id


def test_taken_back(ops, large, payee):
    ops.post(act(large, "drop"), REASON)

    large.refresh_from_db()
    assert large.state == PayoutState.DROPPED
    assert cast.payouts_at_stripe(payee.partner.stripe_account) == []


@pytest.mark.parametrize("name", ["approve", "drop"])
def test_factor_of_a_while_ago_is_asked_for_again(staff, large, name):
    late = sign_in(Client(), staff, seconds_ago=11 * 60)

    answer = late.post(act(large, name), REASON)

    assert "reauthenticate" in answer["Location"]
    large.refresh_from_db()
    assert (large.state, large.approved_by) == (PayoutState.WAITS, None)


@pytest.mark.parametrize("name", ["approve", "drop"])
def test_who_may_only_look_changes_nothing(large, name):
    desk = factories.UserFactory(email="desk@example.com", is_staff=True)
    desk.user_permissions.set(Permission.objects.filter(codename="view_payout"))

    answer = sign_in(Client(), desk).post(act(large, name), REASON)

    assert answer.status_code in (403, 404)
    large.refresh_from_db()
    assert (large.state, large.approved_by) == (PayoutState.WAITS, None)


def test_booking_is_frozen_and_goes_on(ops, owing, payee):
    earning = cast.earned(owing())

    ops.post(of_booking(earning, "freeze"), {"reason": "Der Kunde reklamiert"})
    earning.refresh_from_db()
    assert earning.frozen_at is not None
    assert LogEntry.objects.filter(change_message__contains="Der Kunde reklamiert").exists()
    cast.come_to_payday(earning)
    sweeps.sweep_payouts()
    assert not Payout.objects.exists()

    ops.post(of_booking(earning, "thaw"), REASON)
    earning.refresh_from_db()
    assert earning.frozen_at is None


def test_pages_show_where_it_is(ops, large, payee):
    earning = Earning.objects.get()

    page = ops.get(reverse("admin:payments_payout_change", args=[large.pk])).content.decode()
    history = ops.get(
        reverse("admin:requests_app_booking_change", args=[earning.booking_id])
    ).content.decode()
    account = ops.get(reverse("admin:payments_payoutaccount_changelist")).content.decode()

    assert str(earning.booking.number) in page
    assert reverse("admin:payments_payout_change", args=[large.pk]) in history
    assert payee.partner.name in account


def test_way_to_stripes_pages_is_opened_by_ops_and_never_sent(ops, payee):
    address = reverse("admin:accounts_partnerprofile_act", args=[payee.partner_id, "onboarding"])

    first, second = (
        ops.post(address, {"reason": "Sitzt neben mir"}).content.decode() for _ in range(2)
    )

    links = [
        thing.body["url"] for thing in Thing.objects.filter(kind="account_link").order_by("serial")
    ]
    assert [links[0] in first, links[1] in second, links[1] in first] == [True, True, False]


def test_owner_of_a_company_is_named(ops, payee, stranger):
    page = reverse("admin:accounts_partnerprofile_change", args=[payee.partner_id])

    assert 'name="owner"' in ops.get(page).content.decode()
