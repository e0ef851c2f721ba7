"""Connected accounts, from opening to closing."""

import pytest

from payments.standin import user_actions
from payments.standin.problems import Problem

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
LINK = {
    "type": "account_onboarding",
    "return_url": "https://x.example/back",
    "refresh_url": "https://x.example/again",
}


def _link(ask, account):
    return (
        ask("POST", "/v1/account_links", account=account, **LINK)[1]["url"]
        .rstrip("/")
        .rsplit("/", 1)[1]
    )


def test_fresh_account_can_do_nothing(ask, events):
    account = ask("POST", "/v1/accounts", country="CH", capabilities__transfers__requested="true")

    assert account[0] == 400  # a flat name is no tree
    fresh = ask("POST", "/v1/accounts", country="CH", email="p@example.org", metadata__partner="3")[
        1
    ]
    assert (fresh["payouts_enabled"], fresh["charges_enabled"], fresh["details_submitted"]) == (
        False,
        False,
        False,
    )
    assert (fresh["default_currency"], fresh["metadata"]) == ("chf", {"partner": "3"})
    assert events(account=fresh["id"]) == ["account.updated"]


def test_loss_liability_needs_the_fees(ask):
    status, answer = ask("POST", "/v1/accounts", **{"controller__losses][payments": "application"})

    assert (status, answer["error"]["param"]) == (400, "controller[losses][payments]")


def test_account_is_changed_listed_and_deleted(ask, account, events):
    changed = ask("POST", f"/v1/accounts/{account}", email="new@example.org", metadata__a="1")[1]
    listed = ask("GET", "/v1/accounts")[1]["data"]
    gone = ask("DELETE", f"/v1/accounts/{account}")[1]

    assert (changed["email"], changed["metadata"]) == ("new@example.org", {"a": "1"})
    assert [one["id"] for one in listed] == [account]
    assert gone == {"id": account, "object": "account", "deleted": True}
    assert events(account=account)[-1] == "account.application.deauthorized"
    assert ask("GET", f"/v1/accounts/{account}")[0] == 404


def test_account_with_money_is_not_deleted(ask, account):
    ask(
        "POST",
        "/v1/payment_intents",
        amount="100",
        currency="eur",
        transfer_data__destination=account,
        payment_method="pm_card_visa",
        confirm="true",
    )
    user_actions.let_captures_end()

    assert ask("DELETE", f"/v1/accounts/{account}")[0] == 400


def test_link_opens_once(ask, account):
    link = _link(ask, account)

    assert user_actions.open_link(link) == account
    with pytest.raises(user_actions.LinkUsed) as used:
        user_actions.open_link(link)
    assert used.value.refresh_url == LINK["refresh_url"]


def test_link_ends_after_five_minutes(ask, account, monkeypatch):
    link = _link(ask, account)
    standin = user_actions.the_standin()
    now = standin.now()
    monkeypatch.setattr(standin, "now", lambda: now + 302)

    with pytest.raises(user_actions.LinkUsed):
        user_actions.open_link(link)


@pytest.mark.parametrize("missing", ["return_url", "refresh_url", "account"])
def test_link_needs_its_ways_back(ask, account, missing):
    form = {"account": account, **LINK}
    del form[missing]

    status, answer = ask("POST", "/v1/account_links", **form)

    assert (status, answer["error"]["param"]) == (400, missing)


@pytest.mark.parametrize("name", ["return_url", "refresh_url"])
def test_link_leads_back_under_a_lock(ask, account, name):
    form = {"account": account, **LINK, name: "http://x.example/back"}

    status, answer = ask("POST", "/v1/account_links", **form)

    assert (status, answer["error"]["code"], answer["error"]["param"]) == (400, "url_invalid", name)


def test_link_that_never_was():
    with pytest.raises(Problem):
        user_actions.open_link("link_none")


@pytest.mark.parametrize(
    ("transfers", "payouts", "capability", "due"),
    [(True, True, "active", 0), (True, False, "active", 1), (False, False, "inactive", 4)],
)
def test_onboarding_switches_two_flags_apart(
    ask, account, transfers, payouts, capability, due, events
):
    user_actions.onboard(account, transfers=transfers, payouts=payouts)

    now = ask("GET", f"/v1/accounts/{account}")[1]
    assert (now["capabilities"]["transfers"], now["payouts_enabled"]) == (capability, payouts)
    assert len(now["requirements"]["currently_due"]) == due
    assert events(account=account)[-1] == "account.updated"


def test_partner_who_gives_up_stays_as_they_were(ask, account):
    user_actions.restrict(account)
    link = _link(ask, account)

    back = user_actions.leave_onboarding(link, transfers=True, payouts=True, submitted=False)

    assert back == LINK["return_url"]
    assert ask("GET", f"/v1/accounts/{account}")[1]["capabilities"]["transfers"] == "inactive"
