"""docs/deploy.md names what Stripe must be told, and every service it starts is there."""

import re

import yaml
from django.conf import settings
from django.urls import reverse

from payments.gateway.subscriptions import CONNECT_EVENTS, PLATFORM_EVENTS

PAGE = (settings.BASE_DIR / "docs/deploy.md").read_text()


def subscribed(address):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `SITE_URL{address}`")]
    return re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", row)


def test_webhook_addresses_and_events_are_those_of_the_code():
    assert subscribed(reverse("payments:webhook")) == list(PLATFORM_EVENTS)
    assert subscribed(reverse("payments:connect_webhook")) == list(CONNECT_EVENTS)


def test_compose_fills_the_database_before_anything_serves():
    services = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())["services"]

    assert services["fill"]["command"] == ["python", "manage.py", "fill"]
    assert "migrate" in services["fill"]["depends_on"]
    for name in ("web", "streams", "worker", "beat"):
        assert services[name]["depends_on"]["fill"] == {
            "condition": "service_completed_successfully"
        }


def test_services_the_page_speaks_of_exist():
    services = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())["services"]
    named = re.findall(r"docker compose (?:run|exec)(?: --?[\w-]+)* (\w+)", PAGE)

    assert named
    assert set(named) <= set(services)
