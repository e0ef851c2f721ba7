"""What a probe may use, and the questions that many of them ask."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.urls import reverse

from accounts.models import Technician
from mila.clock import mila_now
from mila.errors import Refusal
from places.calendar import bookable_starts, earliest_start, instant
from places.place import Place
from policy.queries import policy_at
from requests_app import deadlines, notices
from requests_app.deadlines import hours_of
from requests_app.models import Booking
from tests import factories

ZONE = "Europe/Paris"
PARIS = Place("FR", "75011", "Paris", 48.859, 2.378, "town", ZONE, "75")
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # 10:00 in Paris, a Tuesday
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Site:
    """What a probe may use. `policy` is the one in force now, `booking` one that is made now."""

    client: Any
    technician: Technician
    monkeypatch: Any

    @property
    def policy(self):
        return policy_at(mila_now(), "FR")

    @property
    def facts(self):
        """Enough of a booking for what is pure."""
        return SimpleNamespace(
            policy=self.policy,
            timezone=ZONE,
            duration_minutes=60,
            country="FR",
            currency="EUR",
            start_at=AT + 72 * HOUR,
            last_start_at=AT + 72 * HOUR,
            placed_at=AT,
            partner=None,
            region="69",
        )

    def booking(self, **kwargs) -> Booking:
        return factories.DraftFactory(policy_data=self.policy.to_json(), **kwargs)

    def placed(self) -> Booking:
        return factories.placed_booking(policy_data=self.policy.to_json())

    def page(self, name: str, *args) -> str:
        """The words of the page, without what is new on each: tokens and nonces."""
        answer = self.client.get(reverse(name, args=args), headers={"accept-language": "en"})
        return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


Probe = Callable[[Site], Any]


def page(name: str) -> Probe:
    return lambda site: site.page(name)


def fact(name: str) -> Probe:
    return lambda site: notices.FACTS[name](site.booking(), None)


def clocks(hours: float) -> Probe:
    """Both promises of somebody who claims so many hours before the start."""
    return lambda site: deadlines.two_clocks(AT, AT + hours * HOUR, ZONE, site.policy)


def deadline(function: Callable[..., Any], *facts: Any) -> Probe:
    return lambda site: function(*facts, site.policy)


def earliest(local: str) -> Probe:
    at = instant(datetime.fromisoformat(f"2026-11-24T{local}"), ZONE)
    return lambda site: earliest_start(at, PARIS, hours_of(site.policy))


def starts(site: Site) -> list[datetime]:
    return bookable_starts((AT + 48 * HOUR).date(), AT, 60, PARIS, hours_of(site.policy))


def night(local: str) -> Probe:
    at = instant(datetime.fromisoformat(f"2026-11-24T{local}"), ZONE)
    return lambda site: deadlines.night_around(at, ZONE, site.policy)


def tried(start_at: datetime, *tries: tuple[int, str]) -> Probe:
    """Whether these tries, minutes after ten o'clock, are enough."""
    rows = [(AT + minutes * MINUTE, channel) for minutes, channel in tries]
    return lambda site: deadlines.tried_enough(rows, start_at, ZONE, site.policy)


def refused(act: Callable[[Site], Any]) -> Probe:
    """The refusal, or that there was none."""

    def probe(site: Site) -> str:
        try:
            act(site)
        except Refusal as refusal:
            return type(refusal).__name__
        return ""

    return probe
