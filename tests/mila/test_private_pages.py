"""No cache keeps what is somebody's own (fault A13), and every answer carries its guards
(fault S12).
"""

import pytest

pytestmark = [pytest.mark.urls("tests.mila.pages"), pytest.mark.django_db]


def kept_private(answer):
    return "no-store" in answer["Cache-Control"] and "Cookie" in answer["Vary"]


@pytest.mark.parametrize("address", ["/plain/", "/private/", "/healthz", "/"])
def test_answer_to_a_signed_in_person_is_never_kept(client, customer, address):
    client.force_login(customer)

    assert kept_private(client.get(address))


def test_answer_that_signs_out_is_never_kept(client, customer):
    client.force_login(customer)

    assert kept_private(client.get("/closes/"))


def test_answer_that_begins_a_session_is_never_kept(client):
    assert kept_private(client.get("/keeps/"))


def test_page_of_an_app_is_private_by_default_for_it_may_stand_behind_a_secret_link(client):
    assert kept_private(client.get("/plain/"))


def test_private_page_says_so_itself(rf):
    from tests.mila import pages

    answer = next(p for p in pages.urlpatterns if str(p.pattern) == "private/").callback(
        rf.get("/private/")
    )

    assert kept_private(answer)
    assert answer["X-Robots-Tag"] == "noindex"


def test_page_marked_public_may_be_kept_even_with_a_session(client, customer):
    client.force_login(customer)

    assert "Cache-Control" not in client.get("/public/")


def test_catalogue_may_be_kept_by_a_visitors_browser(client):
    answer = client.get("/prices/")

    assert answer.status_code == 200
    assert "no-store" not in answer.get("Cache-Control", "")


def test_whole_page_and_part_are_told_apart(client):
    assert "HX-Request" in client.get("/public/")["Vary"]


def test_policy_is_strict_outside_the_admin(client):
    policy = client.get("/plain/")["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_policy_is_weaker_under_the_admin_alone(client):
    policy = client.get("/admin/x/")["Content-Security-Policy"]

    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "'unsafe-eval'" in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "address", ["/plain/", "/admin/x/", "/nowhere/", "/forbidden/", "/echo/?a=%00", "/healthz"]
)
def test_every_answer_carries_its_guards(client, address):
    answer = client.get(address)

    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "testserver@evil.example", "testserver\r\nx: y"])
def test_foreign_host_is_refused(client, host):
    answer = client.get("/plain/", headers={"host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()
