"""When somebody who drives now will be there: the way, and how the hour of the day slows it
(rule L8).

The way is that of an OSRM server of ours (settings.OSRM_URL), else the distance on the map with a
detour. It tells an empty road; how full the roads are is in FULLNESS.
"""

import http.client
import json
import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from mila.clock import machine_now
from places.calendar import wall_time
from places.distance import metres

logger = logging.getLogger(__name__)
Point = tuple[float, float]  # latitude, longitude

CALL_S = 1.0
REST = timedelta(minutes=1)  # a server that did not answer is left alone so long
DETOUR = 1.3  # roads beside the straight line, in towns of both countries
EMPTY_ROAD = 40_000 / 3600  # metres a second from door to door, lights and parking included
SUNDAY = 1.1
# How many times longer a way takes by the hour of the day, Monday to Saturday, local time.
FULLNESS = (
    *(1.0,) * 6,  # 0-5
    1.2, 1.6, 1.8,  # 6-8: to work
    1.4, 1.3, 1.4, 1.5, 1.4, 1.3, 1.4,  # 9-15
    1.6, 1.9, 1.8,  # 16-18: home
    1.4, 1.2, 1.1, 1.0, 1.0,  # 19-23
)  # fmt: skip
HOUR = timedelta(hours=1)
LONGEST = timedelta(hours=24)
LONGEST_ANSWER = 100_000  # octets

_rests_until: datetime | None = None


def arrival_at(at: datetime, start: Point, end: Point, zone: str) -> datetime:
    """Never within a transaction: it may ask the server of ways, for a second at most."""
    return _through_the_day(at, timedelta(seconds=_empty_road(start, end)), zone)


def _through_the_day(at: datetime, empty: timedelta, zone: str) -> datetime:
    """Hour by hour, each at its own pace."""
    end = at + LONGEST
    while empty > timedelta(0) and at < end:
        local = wall_time(at, zone)
        slow = SUNDAY if local.weekday() == 6 else FULLNESS[local.hour]
        left = HOUR - timedelta(minutes=local.minute, seconds=local.second)
        if empty * slow <= left:
            return at + empty * slow
        at, empty = at + left, empty - left / slow
    return at


def _empty_road(start: Point, end: Point) -> float:
    """Seconds."""
    away = metres(*start, *end)
    return _asked(start, end) or away * DETOUR / EMPTY_ROAD


def _asked(start: Point, end: Point) -> float | None:
    """What the server says; None where there is none, or it does not answer. No name, no address,
    two points.
    """
    global _rests_until
    now = machine_now()
    if not settings.OSRM_URL or (_rests_until is not None and now < _rests_until):
        return None
    points = ";".join(f"{lon:.5f},{lat:.5f}" for lat, lon in (start, end))
    try:
        found = _get(f"/route/v1/driving/{points}?overview=false")
        return float(found["routes"][0]["duration"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
        logger.warning("No way from the server of ways: %s", type(error).__name__)
        _rests_until = now + REST
        return None


def _get(path: str) -> Any:
    """Of our own server; no redirect is followed (fault W11)."""
    server = urlsplit(settings.OSRM_URL)
    kind = http.client.HTTPSConnection if server.scheme == "https" else http.client.HTTPConnection
    line = kind(server.netloc, timeout=CALL_S)
    try:
        line.request("GET", f"{server.path.rstrip('/')}{path}")
        answer = line.getresponse()
        if answer.status != http.client.OK:
            raise ValueError(answer.status)
        return json.loads(answer.read(LONGEST_ANSWER))
    finally:
        line.close()
