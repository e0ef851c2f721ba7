"""Which language a page speaks: the cookie, the person's own, the browser's, French."""

import pytest
from django.conf import settings as site
from django.utils.translation import get_language

pytestmark = [pytest.mark.urls("tests.mila.pages"), pytest.mark.django_db]


def language(client, **headers):
    return client.get("/plain/", headers=headers)["Content-Language"]


def test_visitor_without_a_wish_gets_french(client):
    assert language(client) == "fr"


@pytest.mark.parametrize(
    ("wish", "given"),
    [("de-CH, fr;q=0.5", "de"), ("es, it;q=0.3", "it"), ("zh", "fr"), ("x" * 9999, "fr")],
)
def test_browser_is_listened_to(client, wish, given):
    assert language(client, **{"accept-language": wish}) == given


def test_signed_in_persons_own_language_wins_over_the_browser(client, customer):
    customer.language = "it"
    customer.save()
    client.force_login(customer)

    assert language(client, **{"accept-language": "de"}) == "it"


def test_cookie_wins_over_the_persons_own(client, customer):
    client.force_login(customer)
    client.cookies[site.LANGUAGE_COOKIE_NAME] = "de"

    assert language(client) == "de"


def test_old_session_changes_nothing(client):
    client.cookies[site.SESSION_COOKIE_NAME] = "x" * 32

    assert language(client, **{"accept-language": "de"}) == "de"


def test_person_is_asked_for_once(client, customer, django_assert_max_num_queries):
    client.force_login(customer)

    with django_assert_max_num_queries(2):  # the session and the person
        client.get("/members/")


def test_choice_is_kept_in_the_cookie(client):
    answer = client.post("/i18n/setlang/", {"language": "de", "next": "/plain/"})

    assert answer.status_code == 302
    assert language(client) == "de"
    assert get_language() is not None


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_choice_never_leads_off_the_site(client, target):
    answer = client.post("/i18n/setlang/", {"language": "de", "next": target})

    assert answer["Location"] == "/"
