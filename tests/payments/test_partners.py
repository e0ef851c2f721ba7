"""A partner's account at Stripe: opened once; whether they can be paid decides whether they are
asked (rule D1).
"""

from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.translation import gettext

from accounts import mail_words
from accounts.models import Notification, SkillSearch
from mila.clock import mila_now, set_clock
from mila.formats import moment
from payments import bank_mail, gateway, partners, sweeps
from payments.gateway.accounts import _bank
from payments.gateway.subscriptions import CONNECT_EVENTS, PLATFORM_EVENTS
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
    assert (body["business_type"], body["settings"]["payouts"]["schedule"]["interval"]) == (
        "individual",
        "manual",
    )


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
        partners.onboarding_url(
            technician.partner, back="https://x.example/b", again="https://x.example/a"
        )
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
    taken = set(
        Delivery.objects.filter(event__account=account).values_list("event__type", flat=True)
    )
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


HOLD = timedelta(hours=72)


@pytest.fixture
def paid_to(technician):
    """Their account at Stripe, with a bank account."""
    account = partners.open_account(technician.partner)
    user_actions.onboard(account)
    partners.refresh_account(account)
    return account


def told():
    return Notification.objects.filter(kind=bank_mail.KIND)


def test_the_first_bank_account_is_told_to_nobody(paid_to):
    partners.refresh_account(paid_to)

    assert not told().exists()


def test_a_changed_bank_account_is_told_at_both_addresses_and_once(technician, paid_to):
    user_actions.onboard(paid_to, bank="9999")
    for _ in range(2):
        partners.refresh_account(paid_to)

    owner = technician.user
    assert {(row.email, row.user) for row in told()} == {
        (owner.email, owner),
        (technician.partner.email, None),
    }
    paid_from = standing(technician).bank_changed_at + HOLD
    assert {row.context["paid_from_at"] for row in told()} == {paid_from.isoformat()}


def test_a_company_is_told_at_its_owners_and_its_own_address(morning, staff):
    pro = factories.PartnerFactory(kind="pro", stripe_account="", owner=staff)
    account = partners.open_account(pro)
    for bank in ("4242", "9999"):
        user_actions.onboard(account, bank=bank)
        partners.refresh_account(account)

    assert set(told().values_list("email", flat=True)) == {staff.email, pro.email}


def test_one_address_is_told_once(technician, paid_to):
    type(technician.partner).objects.update(email=technician.user.email.upper())
    user_actions.onboard(paid_to, bank="9999")
    partners.refresh_account(paid_to)

    assert told().get().user == technician.user


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_the_mail_says_from_when_it_is_paid_to_and_whom_to_call(technician, paid_to, language):
    type(technician.user).objects.update(language=language)
    user_actions.onboard(paid_to, bank="9999")
    partners.refresh_account(paid_to)

    message = mail_words.render(told().get(email=technician.user.email))
    with translation.override(language):
        paid_from = moment(standing(technician).bank_changed_at + HOLD, "Europe/Paris")
        call_us = gettext("That was not you? Please call us at once.")
    assert paid_from in message.body
    assert call_us in message.body
    assert technician.partner.name in message.body
    assert "{{" not in message.body


def test_an_account_that_follows_a_cut_tie_is_held_and_told(technician, paid_to):
    """Whoever cuts the tie and opens another account must not get round the hold."""
    user_actions.leave(paid_to)
    partners.refresh_account(paid_to)
    technician.partner.refresh_from_db()
    set_clock(mila_now(), speed=0)

    second = partners.open_account(technician.partner)

    assert standing(technician).bank_changed_at == mila_now()
    assert told().count() == 2

    set_clock(mila_now() + HOLD, speed=0)
    user_actions.onboard(second)
    partners.refresh_account(second)
    assert standing(technician).bank_changed_at == mila_now()
    assert told().count() == 4


def test_a_second_account_whose_first_had_no_bank_is_held_from_when_it_is_named(technician):
    first = partners.open_account(technician.partner)
    user_actions.leave(first)
    partners.refresh_account(first)
    technician.partner.refresh_from_db()
    second = partners.open_account(technician.partner)
    set_clock(mila_now() + HOLD, speed=0)

    user_actions.onboard(second)
    partners.refresh_account(second)

    assert standing(technician).bank_changed_at == mila_now()


# --- The mark of the bank accounts


def _listed(*accounts):
    return {
        "data": [
            {"fingerprint": mark, "default_for_currency": paid_to} for mark, paid_to in accounts
        ]
    }


def test_the_mark_is_of_every_account_that_is_paid_to():
    euros, francs, spare = ("a" * 40, True), ("b" * 40, True), ("c" * 40, False)
    mark = _bank(_listed(euros, francs, spare))

    assert mark == _bank(_listed(francs, euros))
    assert len(mark) == PayoutAccount._meta.get_field("bank").max_length == 64
    assert (
        len({mark, _bank(_listed(euros)), _bank(_listed(euros, ("d" * 40, True))), _bank({})}) == 4
    )
    assert _bank(_listed(spare)) != _bank({}) == ""
