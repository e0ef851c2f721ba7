"""The one page of everything that goes wrong, and the style guide."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from mila.web import error_pages

pytestmark = [pytest.mark.urls("tests.mila.pages"), pytest.mark.django_db]


@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/nowhere/", 404, "There is nothing at this address"),
        ("/forbidden/", 403, "This page is not open to you"),
        ("/breaks/", 500, "Something went wrong on our side"),
        ("/echo/?a=%00", 400, "We could not read that"),
    ],
)
def test_error_is_a_calm_page_without_details(address, status, title):
    answer = Client(raise_request_exception=False).get(address, headers={"accept-language": "en"})
    page = answer.content.decode()

    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in page
    assert "4711" not in page
    assert "Traceback" not in page
    assert "no-store" in answer["Cache-Control"]


def test_error_is_a_short_message_for_htmx():
    answer = Client(raise_request_exception=False).get("/breaks/", headers={"HX-Request": "true"})

    assert answer.status_code == 500
    assert answer["HX-Reswap"] == "none"
    assert answer.content.count(b'hx-swap-oob="true"') == 1
    assert b"<html" not in answer.content


def test_error_page_stands_without_its_template(monkeypatch, caplog, rf):
    def broken(*args):
        raise RuntimeError("template")

    monkeypatch.setattr(error_pages.loader, "render_to_string", broken)

    answer = error_pages.server_error(rf.get("/"))

    assert answer.status_code == 500
    assert b"<h1>" in answer.content
    assert "could not be made" in caplog.text


def send_stale(fields, **headers):
    """A form whose token is no longer this browser's."""
    browser = Client(enforce_csrf_checks=True)
    browser.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
    return browser, browser.post("/echo/", fields, headers={"accept-language": "en", **headers})


def test_form_without_its_token_is_refused_with_a_way_on():
    _browser, answer = send_stale({"a": "1"})

    assert answer.status_code == 403
    assert "The page was open for too long" in answer.content.decode()


def test_without_cookies_the_page_says_that_they_are_needed():
    answer = Client(enforce_csrf_checks=True).post(
        "/echo/", {"a": "1"}, headers={"accept-language": "en"}
    )

    assert answer.status_code == 403
    assert "Cookies are needed here" in answer.content.decode()


def test_what_was_typed_comes_back_with_a_fresh_token_and_can_be_sent():
    browser, answer = send_stale(
        {"words": 'my "Wi-Fi" is <slow>', "many": ["1", "2"]}, origin="http://testserver"
    )

    page = answer.content.decode()
    fields = [
        (name, unescape(value)) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)
    ]
    token = dict(fields).pop("csrfmiddlewaretoken")
    assert answer.status_code == 403
    assert ("words", 'my "Wi-Fi" is <slow>') in fields
    assert [value for name, value in fields if name == "many"] == ["1", "2"]
    again = browser.post(
        "/echo/",
        {"words": "x", "csrfmiddlewaretoken": token},
        headers={"origin": "http://testserver"},
    )
    assert again.status_code != 403


@pytest.mark.parametrize("origin", [{}, {"origin": "null"}, {"origin": "https://evil.example"}])
def test_what_another_site_sends_is_not_offered_again(origin):
    _browser, answer = send_stale({"words": "planted"}, **origin)

    assert answer.status_code == 403
    assert "planted" not in answer.content.decode()


def test_no_password_stands_on_the_page():
    _browser, answer = send_stale(
        {"password": "hunter2", "login": "odile"}, origin="http://testserver"
    )

    assert "hunter2" not in answer.content.decode()
    assert "odile" not in answer.content.decode()


@pytest.mark.parametrize("address", ["/start/", "/_styleguide/"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_to_look_at_take_nothing(client, staff, address, method):
    client.force_login(staff)

    assert getattr(client, method)(address).status_code == 405


def test_styleguide_is_for_those_who_build(client, customer, staff, settings):
    client.force_login(customer)
    assert client.get("/_styleguide/").status_code == 404

    client.force_login(staff)
    assert client.get("/_styleguide/").status_code == 200

    settings.DEBUG = True
    client.logout()
    assert client.get("/_styleguide/").status_code == 200
