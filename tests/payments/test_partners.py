"""A partner's account at Stripe: opened once; whether they can be paid decides whether they are asked (rule D1)."""

from datetime import timedelta

import pytest

from accounts.models import SkillSearch
from mila.clock import mila_now, set_clock
from payments import gateway, partners, sweeps
from payments.gateway.events import CONNECT_EVENTS, PLATFORM_EVENTS
from payments.models import PayoutAccount
from payments.standin import user_actions
from payments.standin.delivery import deliver_pending
from payments.standin.models import Delivery, Event, Thing
from payments.webhooks import HANDLERS
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def technician(morning):
    return factories.TechnicianFactory(partner__stripe_account="", partner__payable=False)


def standing(technician) -> PayoutAccount:
    return PayoutAccount.objects.get(partner=technician.partner)


def test_an_account_is_opened_once(technician):
    first = partners.open_account(technician.partner)

    again = partners.open_account(type(technician.partner).objects.get(pk=technician.partner.pk))

    assert first == again
    assert Thing.objects.filter(kind="account").count() == 1
    body = Thing.objects.get(kind="account").body
    assert (body["business_type"], body["settings"]["payouts"]["schedule"]["interval"]) == ("individual", "manual")


def test_a_lost_answer_opens_no_second_one(technician):
    user_actions.switch_on("answer_lost", times=1)
    with pytest.raises(partners.gateway.OutcomeUnknown):
        partners.open_account(technician.partner)

    account = partners.open_account(technician.partner)

    assert Thing.objects.get(kind="account").id == account


def test_a_pro_is_a_company(morning):
    pro = factories.PartnerFactory(kind="pro", stripe_account="")

    partners.open_account(pro)

    assert Thing.objects.get(kind="account").body["business_type"] == "company"


def test_only_who_can_receive_is_found(technician):
    account = partners.open_account(technician.partner)
    assert not SkillSearch.objects.exists()

    user_actions.onboard(account, transfers=True, payouts=False)
    assert partners.refresh_account(account)
    assert SkillSearch.objects.count() == 1

    user_actions.restrict(account)
    partners.refresh_account(account)
    technician.partner.refresh_from_db()
    assert not technician.partner.payable
    assert not SkillSearch.objects.exists()


def test_jobs_and_pay_are_two_flags(technician):
    account = partners.open_account(technician.partner)
    user_actions.onboard(account, transfers=True, payouts=False)

    partners.refresh_account(account)

    row = standing(technician)
    assert (row.takes_jobs, row.can_be_paid, row.missing) == (True, False, ["external_account"])


def test_what_is_asked_for_is_kept_with_its_day(technician):
    account = partners.open_account(technician.partner)
    user_actions.onboard(account)
    user_actions.ask_for_more(account)

    partners.refresh_account(account)

    row = standing(technician)
    assert (row.takes_jobs, row.can_be_paid) == (True, True)
    assert row.missing == ["individual.verification.document"]
    assert timedelta(days=13) < row.due_at - mila_now() < timedelta(days=15)


def test_no_news_writes_little(technician, django_assert_max_num_queries):
    account = partners.open_account(technician.partner)

    partners.refresh_account(account)
    with django_assert_max_num_queries(8):
        partners.refresh_account(account)

    technician.partner.refresh_from_db()
    assert not technician.partner.payable


# --- Each click its own way


def test_each_click_gets_a_way_of_its_own(technician):
    ways = {
        partners.onboarding_url(technician.partner, back="https://x.example/b", again="https://x.example/a")
        for _ in range(3)
    }

    assert len(ways) == 3
    assert Thing.objects.filter(kind="account").count() == 1


# --- The messages


def test_every_event_we_ask_for_has_a_handler():
    assert set(PLATFORM_EVENTS + CONNECT_EVENTS) == HANDLERS.keys()


def test_onboarding_sends_what_we_ask_for(technician):
    account = partners.open_account(technician.partner)

    user_actions.onboard(account)
    user_actions.leave(account)

    sent = set(Event.objects.filter(account=account).values_list("type", flat=True))
    wanted = {"account.updated", "capability.updated", "account.application.deauthorized"}
    assert wanted <= sent
    taken = set(Delivery.objects.filter(event__account=account).values_list("event__type", flat=True))
    assert wanted <= taken


def test_lost_messages_are_made_good_by_the_sweep(technician):
    """The messages never come (fault M8)."""
    account = partners.open_account(technician.partner)
    user_actions.switch_on("event_drop")
    user_actions.onboard(account)
    deliver_pending(lambda *_: 200)
    assert not SkillSearch.objects.exists()

    sweeps.sweep_payouts()
    assert SkillSearch.objects.count() == 1

    user_actions.leave(account)
    sweeps.sweep_payouts()
    assert standing(technician).lost_at is None  # it was asked a moment ago
    set_clock(mila_now() + partners.ASK_AGAIN, speed=0)
    sweeps.sweep_payouts()
    assert standing(technician).lost_at is not None
    assert not SkillSearch.objects.exists()


def test_silent_stripe_keeps_nobody_else_waiting(technician):
    partners.open_account(technician.partner)
    other = factories.TechnicianFactory(partner__stripe_account="", partner__payable=False)
    user_actions.onboard(partners.open_account(other.partner))
    user_actions.switch_on("unreachable", path="GET /v1/accounts", times=1)

    sweeps.sweep_payouts()

    assert standing(technician).asked_at is None
    assert standing(technician).next_at > mila_now()
    assert standing(other).takes_jobs


def test_message_about_a_cut_tie_that_holds_cuts_nothing(technician):
    account = partners.open_account(technician.partner)
    user_actions.onboard(account)

    partners.refresh_account(account)

    assert standing(technician).lost_at is None


# --- A tie that was cut


def test_whoever_left_can_open_another_one(technician):
    first = partners.open_account(technician.partner)
    user_actions.onboard(first)
    partners.refresh_account(first)
    user_actions.leave(first)
    assert partners.refresh_account(first)
    technician.partner.refresh_from_db()
    assert not technician.partner.payable

    second = partners.open_account(technician.partner)

    assert second != first
    assert partners.open_account(technician.partner) == second
    user_actions.onboard(second)
    assert partners.refresh_account(second)
    assert not partners.refresh_account(first)  # late news of the old one
    technician.partner.refresh_from_db()
    assert technician.partner.payable


def test_a_refusal_that_is_ours_is_no_cut_tie(technician, monkeypatch):
    account = partners.open_account(technician.partner)

    def refused(_account):
        raise gateway.GatewayRefused("No.", code="api_key_expired", status=401)

    monkeypatch.setattr(gateway, "account_status", refused)
    with pytest.raises(gateway.GatewayRefused):
        partners.refresh_account(account)

    assert standing(technician).lost_at is None


# --- Another bank account


def test_only_a_changed_bank_account_counts_as_changed(technician):
    account = partners.open_account(technician.partner)
    user_actions.onboard(account)
    partners.refresh_account(account)
    assert standing(technician).bank_changed_at is None

    user_actions.onboard(account, bank="9999")
    partners.refresh_account(account)

    assert standing(technician).bank_changed_at is not None
