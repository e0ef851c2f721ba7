"""What was typed before "I have an account" is there after it, and nobody else's (rule B1, B12)."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from requests_app.models import Booking
from tests import chromium, factories
from tests.browsing import DESK, follow, look
from tests.customer.road import say_where, service

__all__ = ["service"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
PASSWORD = "a-long-enough-password"
TYPED = {
    "name": "Odile P.",
    "email": "Odile@example.com",
    "phone": "06 12 34 56 78",
    "problem": "Le Wi-Fi est lent",
}
QUESTION = "[data-typed-before]"
TAKES_ALONG = "main [data-takes-along]"
IN_THE_HEADER = ".site-header [data-takes-along]"
# More than the time in which one signs in has gone by.
LATER = """() => {
  for (const name of Object.keys(sessionStorage)) {
    const kept = JSON.parse(sessionStorage.getItem(name));
    sessionStorage.setItem(name, JSON.stringify({...kept, along: kept.along - 16 * 60 * 1000}));
  }
}"""


def account(email, name):
    user = factories.UserFactory(email=email, name=name)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def odile(service):
    return account("odile@example.com", "Odile Perrachon")


@pytest.fixture
def page(open_page, live_server, service, odile):
    """The step of the person, as a guest sees it."""
    page = open_page()
    page.goto(live_server.url + reverse("customer:book", args=[service.slug]))
    page.wait_for_load_state("networkidle")
    say_where(page)
    follow(page, ".dock button")
    page.wait_for_load_state("networkidle")
    return page


def write(page, typed):
    for name, value in typed.items():
        page.fill(f"[name={name}]", value)


def sign_in(page, email="odile@example.com", back_at="**/who/"):
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    follow(page, "main form[action] button[type=submit]")
    page.wait_for_url(back_at)
    page.wait_for_load_state("networkidle")


def stands(page, expected):
    for name, value in expected.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)


def test_what_was_typed_is_there_after_signing_in_and_is_ordered_with(page, odile):
    write(page, TYPED)
    page.check("[name=prefers_writing]")

    follow(page, TAKES_ALONG)
    sign_in(page)

    stands(page, TYPED | {"email": "odile@example.com"})
    expect(page.locator("[name=prefers_writing]")).to_be_checked()
    expect(page.locator(QUESTION)).to_be_hidden()
    page.reload()
    page.wait_for_load_state("networkidle")
    stands(page, TYPED | {"email": "odile@example.com"})
    follow(page, ".dock button")
    page.wait_for_url("**/card/")
    draft = Booking.objects.get()
    assert draft.customer == odile
    assert (draft.contact.name, draft.contact.phone) == ("Odile P.", "+33612345678")
    assert draft.contact.problem == TYPED["problem"]


def test_the_way_in_of_the_header_takes_it_along_too(page):
    page.set_viewport_size(DESK)
    write(page, TYPED)

    follow(page, IN_THE_HEADER)
    sign_in(page)

    stands(page, TYPED | {"email": "odile@example.com"})


def test_the_address_of_the_first_step_comes_along_from_the_header(open_page, live_server, service):
    account("odile@example.com", "Odile Perrachon")
    page = open_page(viewport=DESK)
    page.goto(live_server.url + reverse("customer:book", args=[service.slug]))
    page.wait_for_load_state("networkidle")
    page.fill("[name=street]", "14 rue de l’Exemple")

    follow(page, IN_THE_HEADER)
    sign_in(page, back_at="**/book/**")

    stands(page, {"street": "14 rue de l’Exemple"})


@pytest.mark.parametrize("way_in", [TAKES_ALONG, IN_THE_HEADER])
def test_without_script_it_waits_in_the_draft(open_page, live_server, service, odile, way_in):
    page = open_page(java_script_enabled=False, viewport=DESK)
    page.goto(live_server.url + reverse("customer:book", args=[service.slug]))
    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=postcode]", "69007")
    page.fill("[name=city]", "Lyon")
    with page.expect_navigation():
        page.press("[name=city]", "Enter")  # goes on: it is not the button of the header
    page.wait_for_url("**/when/")
    follow(page, ".book-next")
    page.wait_for_url("**/who/")
    write(page, TYPED | {"phone": "06 12 34"})  # not whole yet
    page.check("[name=prefers_writing]")

    follow(page, way_in)
    sign_in(page)

    stands(page, TYPED | {"phone": "06 12 34", "email": "odile@example.com"})
    expect(page.locator("[name=prefers_writing]")).to_be_checked()


def test_without_script_half_an_address_waits_too(open_page, live_server, service, odile):
    page = open_page(java_script_enabled=False, viewport=DESK)
    page.goto(live_server.url + reverse("customer:book", args=[service.slug]))
    page.fill("[name=street]", "14 rue de l’Exemple")

    follow(page, IN_THE_HEADER)
    sign_in(page, back_at="**/place/")

    stands(page, {"street": "14 rue de l’Exemple"})


def test_what_was_left_empty_takes_nothing_away(page):
    write(page, {"problem": TYPED["problem"]})

    follow(page, TAKES_ALONG)
    sign_in(page)

    stands(page, {"problem": TYPED["problem"], "name": "Odile Perrachon"})


def test_another_account_is_asked_first_and_sees_nothing(page):
    account("rival@example.com", "Rival")
    write(page, TYPED)
    follow(page, TAKES_ALONG)

    sign_in(page, "rival@example.com")

    expect(page.locator(QUESTION)).to_be_visible()
    stands(page, {"name": "Rival", "email": "rival@example.com", "phone": "", "problem": ""})
    look(page, "typed-before")
    page.locator(f"{QUESTION} button").click()
    stands(page, TYPED | {"email": "rival@example.com"})
    expect(page.locator("[name=name]")).to_be_focused()


@pytest.mark.parametrize("way", ["too late", "not from the form", "the account before"])
def test_else_it_is_gone(page, live_server, way):
    account("rival@example.com", "Rival")
    address, typed = page.url, {name: TYPED[name] for name in ("name", "phone", "problem")}
    write(page, typed)
    if way == "not from the form":
        page.goto(f"{live_server.url}{reverse('account_login')}?next={path_of(address)}")
    else:
        follow(page, TAKES_ALONG)
    if way == "too late":
        page.evaluate(LATER)
    if way == "the account before":  # they came first, and it became theirs
        sign_in(page)
        stands(page, typed)
        page.context.clear_cookies()
        page.goto(f"{live_server.url}{reverse('account_login')}?next={path_of(address)}")

    sign_in(page, "rival@example.com")

    expect(page.locator(QUESTION)).to_be_hidden()
    stands(page, {"name": "Rival", "phone": "", "problem": ""})
    assert page.evaluate("Object.keys(sessionStorage).length") == 0


def path_of(address):
    return "/" + address.split("/", 3)[3]
