"""The bar on every page of the demo, and on no page without it."""

import re

import pytest
from django.conf import settings as site_settings
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import ResolverMatch, reverse

from devstack.middleware import TEST_CARD, DemoBar
from devstack.models import DemoWorld
from simulation import factor
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.urls("devstack.urls")]


@pytest.fixture
def barred(settings):
    settings.MIDDLEWARE = [*site_settings.MIDDLEWARE, "devstack.middleware.DemoBar"]
    settings.DEMO = True


@pytest.fixture
def demo_world_is_there(morning):
    DemoWorld.objects.create(began_at=morning, password="x", ops_password="y", complete=True)


def through(rf, response):
    return DemoBar(lambda request: response)(rf.get("/"))


def test_public_page_says_whose_clock_it_is_after_the_skip_link(client, barred, morning):
    page = client.get("/", headers={"Accept-Language": "en"}).content.decode()

    bar = page.index("demo-bar")
    assert page.index('class="skip"') < bar < page.index("<main")
    assert "Tue 24 Nov, 10:00" in page
    assert reverse("desk:desk") in page


def test_page_of_the_admin_has_it_behind_the_whole_tag(client, barred, staff, morning):
    client.force_login(staff)

    page = client.get("/admin/login/", follow=True).content.decode()

    assert page.count("demo-bar") == 1
    assert page.index("<body") < page.index("demo-bar")


def test_tag_whose_attribute_holds_a_bracket_is_left_whole(rf):
    body = '<html><body x-data="{ok: 2 > 1}" class="a"><p>…</p></body></html>'

    page = through(rf, HttpResponse(body)).content.decode()

    assert page.startswith('<html><body x-data="{ok: 2 > 1}" class="a"><link')
    assert page.endswith("<p>…</p></body></html>")


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse("<p>a part</p>"),
        JsonResponse({"body": "<body>"}),
        HttpResponse("<body>", content_type="text/plain"),
    ],
)
def test_what_is_no_page_is_left_alone(rf, response):
    before = response.content

    assert through(rf, response).content == before


def test_what_streams_is_left_alone(rf):
    assert b"".join(through(rf, StreamingHttpResponse(["<body>"])).streaming_content) == b"<body>"


def test_length_is_told_anew(rf):
    response = HttpResponse("<body></body>", headers={"Content-Length": "13"})

    answer = through(rf, response)

    assert answer["Content-Length"] == str(len(answer.content))


def test_page_that_asks_for_the_code_shows_it(client, barred, staff, morning, demo_world_is_there):
    factor.enrol(staff)
    client.post(reverse("desk:sign_in"), {"email": staff.email})

    page = client.get(reverse("mfa_authenticate")).content.decode()

    assert re.search(r"\b\d{6}\b", page[page.index("demo-bar") : page.index("</aside>")])


@pytest.mark.urls("mila.urls")
def test_page_of_the_site_has_none(client, morning):
    assert "demo-bar" not in client.get("/").content.decode()


@pytest.mark.django_db(databases=["default", "standin"])
def test_page_that_asks_for_a_card_shows_one(client, barred, morning):
    draft = factories.DraftFactory()

    page = client.get(reverse("customer:card", args=[draft.token])).content.decode()

    assert TEST_CARD in page[page.index("demo-bar") : page.index("</aside>")]


def test_pages_of_the_bank_have_none(rf):
    request = rf.get("/stripe/fields/")
    request.resolver_match = ResolverMatch(None, (), {}, url_name="fields", app_names=["standin"])

    answer = DemoBar(lambda request: HttpResponse("<body></body>"))(request)

    assert answer.content == b"<body></body>"
