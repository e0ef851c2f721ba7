"""A partner's account at Stripe: opened once; whether they can be paid decides whether they are asked (rule D1)."""

import pytest

from accounts.models import SkillSearch
from payments import partners
from payments.standin import user_actions
from payments.standin.models import Thing
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def technician(morning):
    return factories.TechnicianFactory(partner__stripe_account="", partner__payable=False)


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


def test_no_news_writes_nothing(technician, django_assert_max_num_queries):
    account = partners.open_account(technician.partner)

    partners.refresh_account(account)
    with django_assert_max_num_queries(5):
        partners.refresh_account(account)

    technician.partner.refresh_from_db()
    assert not technician.partner.payable
