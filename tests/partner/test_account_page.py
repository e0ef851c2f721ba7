"""The payout account: each click its own way to Stripe, its standing in words, and who may go there
(rule M5).
"""

import pytest
from django.urls import reverse

from accounts.models import PartnerProfile
from partner import account_page
from payments import partners
from payments.models import PayoutAccount
from payments.standin import user_actions
from payments.standin.models import Thing
from tests import factories
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
PAGE, START, AGAIN, BACK = (
    reverse(f"partner:{name}")
    for name in ("account", "account_start", "account_again", "account_back")
)


@pytest.fixture
def friend(morning):
    return factories.TechnicianFactory(
        partner__stripe_account="", partner__payable=False, user__language="en"
    )


@pytest.fixture
def inside(client, friend):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return sign_in(client, friend.user)


def links() -> int:
    return Thing.objects.filter(kind="account_link").count()


def test_first_click_opens_the_account_and_leads_to_stripe(inside, friend):
    assert "You have no payout account yet" in inside.get(PAGE).content.decode()

    first, second = inside.post(START), inside.post(START)

    assert first["Location"] != second["Location"]
    assert "/_stripe/connect/link_" in first["Location"]
    assert Thing.objects.filter(kind="account").count() == 1
    friend.partner.refresh_from_db()
    assert friend.partner.stripe_account


def test_walk_through_stripes_pages_and_back(inside, friend):
    link = inside.post(START)["Location"].split("testserver")[-1]
    link = "/" + link.split("/", 3)[-1] if link.startswith("http") else link

    assert inside.get(link).status_code == 200
    back = inside.post(link, {"outcome": "complete"})
    assert back["Location"].endswith(BACK)
    page = inside.get(BACK, follow=True).content.decode()

    assert "All is in order" in page
    friend.partner.refresh_from_db()
    assert friend.partner.payable


def test_link_that_was_used_leads_to_a_fresh_one(inside):
    link = "/" + inside.post(START)["Location"].split("/", 3)[-1]
    inside.get(link)

    again = inside.get(link)
    fresh = inside.get(AGAIN)

    assert again["Location"].endswith(AGAIN)
    assert "/_stripe/connect/link_" in fresh["Location"]
    assert not fresh["Location"].endswith(link)


def test_coming_back_proves_nothing(inside, friend):
    inside.post(START)

    page = inside.get(BACK, follow=True).content.decode()

    friend.partner.refresh_from_db()
    assert "is not complete" in page
    assert not friend.partner.payable


def test_silent_stripe_is_said_and_breaks_nothing(inside, friend):
    user_actions.switch_on("unreachable", path="/v1/account")

    started = inside.post(START, follow=True).content.decode()

    assert "does not answer" in started
    assert links() == 0
    assert inside.get(PAGE).status_code == 200


def test_what_is_missing_is_said_in_words_and_by_when(inside, friend):
    account = partners.open_account(friend.partner)
    user_actions.onboard(account)
    user_actions.ask_for_more(account)
    partners.refresh_account(account)

    page = inside.get(PAGE).content.decode()

    assert "A document that proves who you are" in page
    assert "Please complete it by" in page
    assert "individual.verification" not in page


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        (lambda account: user_actions.onboard(account), account_page.READY),
        (lambda account: user_actions.onboard(account, payouts=False), account_page.UNPAYABLE),
        (
            lambda account: user_actions.onboard(account, transfers=False, payouts=False),
            account_page.STARTED,
        ),
        (user_actions.wait_for_check, account_page.CHECKED),
        (user_actions.leave, account_page.LEFT),
        (
            lambda account: (user_actions.onboard(account), user_actions.ask_for_more(account)),
            account_page.ASKED,
        ),
    ],
)
def test_each_standing_has_its_words(friend, change, standing):
    account = partners.open_account(friend.partner)
    change(account)
    partners.refresh_account(account)
    friend.partner.refresh_from_db()

    assert account_page.account_page(friend.partner).standing == standing


def test_every_name_of_stripes_has_words():
    names = [
        "external_account",
        "tos_acceptance.date",
        "business_profile.url",
        "individual.dob.day",
        "individual.verification.document",
        "company.tax_id",
        "company.verification.document",
        "person_1a2b.first_name",
        "owners.email",
        "something.new",
    ]

    words = [str(one) for one in account_page.missing_words(names)]

    assert len(words) == len(set(words)) == 9  # people behind the company are named once
    assert not any("." in one or "_" in one for one in words)


# --- Who may


def test_technician_of_a_company_sees_how_it_stands_and_goes_nowhere(client, morning):
    technician = factories.TechnicianFactory(partner__kind="pro", partner__stripe_account="")
    sign_in(client, technician.user)

    assert START not in client.get(PAGE).content.decode()
    assert [client.post(START).status_code, client.get(AGAIN).status_code] == [403, 403]
    assert links() == 0
    assert not PayoutAccount.objects.exists()


def test_owner_who_is_no_technician_goes_there(client, morning, stranger):
    partner = factories.PartnerFactory(kind="pro", stripe_account="", owner=stranger)
    sign_in(client, stranger)

    assert client.get(reverse("start"))["Location"] == reverse("partner:earnings")
    assert "/_stripe/connect/" in client.post(START)["Location"]
    partner.refresh_from_db()
    assert partner.stripe_account


@pytest.mark.parametrize("page", [PAGE, BACK, AGAIN, reverse("partner:earnings")])
def test_without_a_second_factor_nobody_gets_in(client, friend, page):
    client.force_login(friend.user)

    answer = client.get(page)

    assert answer["Location"] == reverse("mfa_index")
    assert links() == 0


def test_factor_that_was_not_shown_in_this_session_is_asked_for(client, friend):
    sign_in(client, friend.user)
    client.logout()
    client.force_login(friend.user)

    assert "reauthenticate" in client.get(PAGE)["Location"]
    asked = client.get(PAGE, follow=True).content.decode()
    assert "This page is about your money" in asked
    assert "reauthenticate" in client.post(START)["Location"]
    assert links() == 0


def test_factor_of_a_while_ago_reads_and_changes_nothing(client, friend):
    sign_in(client, friend.user, seconds_ago=11 * 60)

    assert client.get(PAGE).status_code == 200
    assert "reauthenticate" in client.post(START)["Location"]
    assert links() == 0
    assert not PartnerProfile.objects.exclude(stripe_account="").exists()
