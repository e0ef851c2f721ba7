"""What programs ask for by fixed names: robots.txt, sitemap.xml, security.txt, favicon.ico."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from urllib.robotparser import RobotFileParser

import pytest
from django.conf import settings
from django.urls import reverse

from mila.clock import mila_now
from tests import factories

pytestmark = pytest.mark.django_db


def listed(client) -> list[str]:
    page = ET.fromstring(client.get("/sitemap.xml").content)
    return [loc.text.removeprefix(settings.SITE_URL) for loc in page.findall("{*}url/{*}loc")]


def robots(client) -> RobotFileParser:
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").content.decode().splitlines())
    return rules


def test_site_map_lists_each_public_page_once_and_all_of_them_answer(client):
    service = factories.ServiceFactory()
    found = listed(client)

    assert reverse("customer:service", args=[service.slug]) in found
    assert reverse("customer:terms") in found
    assert len(found) == len(set(found))
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "noindex" not in answer.headers.get("X-Robots-Tag", "")


def test_what_is_no_longer_sold_is_not_listed(client):
    service = factories.ServiceFactory(active=False)

    assert reverse("customer:service", args=[service.slug]) not in listed(client)


def test_robots_may_read_what_is_listed_and_nothing_about_a_person(client, searching):
    rules = robots(client)

    for address in listed(client):
        assert rules.can_fetch("*", address), address
    for name in ("booking", "withdraw", "draft", "pay"):
        assert not rules.can_fetch("*", reverse(f"customer:{name}", args=[searching.token])), name
    assert not rules.can_fetch("*", "/admin/")
    assert rules.site_maps() == [f"{settings.SITE_URL}/sitemap.xml"]


def test_security_txt_names_a_contact_and_never_runs_out(client, settings, stopped_clock):
    settings.SECURITY_EMAIL = "faults@mila.eu"
    for at in (datetime(2026, 11, 24, tzinfo=UTC), datetime(2031, 2, 28, tzinfo=UTC)):
        stopped_clock(at)
        lines = dict(
            line.split(": ", 1)
            for line in client.get("/.well-known/security.txt").content.decode().splitlines()
        )

        assert lines["Contact"] == "mailto:faults@mila.eu"
        until = datetime.fromisoformat(lines["Expires"])
        assert timedelta(days=100) < until - mila_now() < timedelta(days=365)
        assert lines["Canonical"] == f"{settings.SITE_URL}/.well-known/security.txt"


def test_favicon_is_a_picture(client):
    answer = client.get("/favicon.ico")

    assert answer["Content-Type"] == "image/x-icon"
    assert answer.content[:4] == b"\x00\x00\x01\x00"


@pytest.mark.parametrize(
    "address", ["/robots.txt", "/sitemap.xml", "/.well-known/security.txt", "/favicon.ico"]
)
def test_kept_by_a_shared_cache_and_only_read(client, address):
    assert "public" in client.get(address)["Cache-Control"]
    assert client.post(address).status_code == 405
