"""A part of a page is never the sign-in form, and messages survive a swap."""

import pytest

pytestmark = [pytest.mark.urls("tests.mila.pages"), pytest.mark.django_db]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/partner/?day=2"}


def test_ended_session_leads_to_sign_in_and_back_to_the_page(client):
    answer = client.get("/members/", headers=HTMX)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fpartner%2F%3Fday%3D2"
    assert "Location" not in answer


@pytest.mark.parametrize("page", ["https://evil.example/x", "http://[::1", "http://[x]/"])
def test_ended_session_with_a_foreign_page_or_none_leads_home(client, page):
    answer = client.get("/members/", headers=HTMX | {"HX-Current-URL": page})

    assert answer.status_code == 204
    assert answer["HX-Redirect"].endswith("?next=%2F")


def test_ended_session_without_htmx_is_an_ordinary_redirect(client):
    assert client.get("/members/")["Location"].startswith("/accounts/login/")


def test_other_redirects_are_left_alone(client):
    assert client.get("/moves/", headers=HTMX)["Location"] == "/plain/"


def test_message_goes_beside_the_part_once(client):
    answer = client.get("/says/", headers=HTMX)
    body = answer.content.decode()

    assert body.startswith("<p>part</p>")
    assert 'hx-swap-oob="true"' in body
    assert "Gespeichert &amp; gut" in body
    assert int(answer["Content-Length"]) == len(answer.content)
    assert "Gespeichert" not in client.get("/shows/", headers=HTMX).content.decode()


def test_part_that_shows_the_message_gets_no_second_one(client):
    assert client.get("/shows/", headers=HTMX).content == b"<p>once</p>"


def test_message_waits_when_the_page_is_left(client):
    client.get("/leaves/", headers=HTMX)

    assert b"<p>later</p>" in client.get("/shows/", headers=HTMX).content


def test_without_htmx_the_message_waits_for_the_next_page(client):
    assert client.get("/says/").content == b"<p>part</p>"
    assert b"Gespeichert" in client.get("/shows/").content
