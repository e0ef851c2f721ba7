"""The hour of arrival: by distance and the hour of the day, or by a server of ways of ours
(rule L8; fault W11).
"""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from places import travel
from places.distance import METRES_PER_DEGREE

ZONE = "Europe/Paris"
MINUTE = timedelta(minutes=1)
HOME = (45.75, 4.85)
NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # 3 o'clock in Paris
MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 8 o'clock
SUNDAY = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def north(metres):
    return (HOME[0] + metres / METRES_PER_DEGREE, HOME[1])


def minutes(at, metres):
    return (travel.arrival_at(at, north(metres), HOME, ZONE) - at) / MINUTE


def test_same_way_takes_longer_when_people_drive_to_work():
    empty = 8_000 * travel.DETOUR / travel.EMPTY_ROAD / 60

    assert minutes(NIGHT, 8_000) == pytest.approx(empty, rel=0.01)
    assert minutes(MORNING, 8_000) == pytest.approx(empty * 1.8, rel=0.01)
    assert minutes(SUNDAY, 8_000) == pytest.approx(empty * 1.1, rel=0.01)


def test_twice_as_far_takes_twice_as_long():
    assert minutes(NIGHT, 10_000) == pytest.approx(2 * minutes(NIGHT, 5_000), rel=0.01)


def test_way_over_the_hour_goes_on_at_the_next_hours_pace():
    before = MORNING + 59 * MINUTE  # the last minute of the full hour: 1.8, then 1.4
    empty = minutes(NIGHT, 8_000)

    assert minutes(before, 8_000) == pytest.approx(1 + (empty - 1 / 1.8) * 1.4, rel=0.01)


def test_who_is_there_is_there_now():
    assert travel.arrival_at(MORNING, HOME, HOME, ZONE) == MORNING


def test_other_end_of_the_world_takes_no_more_than_a_day():
    assert travel.arrival_at(NIGHT, (-45.0, -170.0), HOME, ZONE) <= NIGHT + travel.LONGEST


# --- A server of ways


@pytest.fixture
def server(settings, monkeypatch):
    """A stand-in for OSRM. `answer`: status and body; `asked`: the paths."""
    monkeypatch.setattr(travel, "_rests_until", None)
    asked, answer = [], {"status": 200, "body": json.dumps({"routes": [{"duration": 600.0}]})}

    class Ways(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = answer["body"].encode()
            self.send_response(answer["status"])
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    found = HTTPServer(("127.0.0.1", 0), Ways)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    settings.OSRM_URL = f"http://127.0.0.1:{found.server_port}/ways"
    yield asked, answer
    found.shutdown()
    found.server_close()
    thread.join()


def test_server_tells_the_empty_road_and_the_hour_slows_it(server):
    asked, _answer = server

    assert minutes(NIGHT, 8_000) == pytest.approx(10)
    assert minutes(MORNING, 8_000) == pytest.approx(18)
    assert asked[0] == "/ways/route/v1/driving/4.85000,45.82195;4.85000,45.75000?overview=false"


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, ""), (302, ""), (200, "<html>"), (200, '{"routes": []}'), (200, "[]"), (200, '"x"')],
)
def test_without_its_answer_the_distance_counts_and_it_rests(status, body, server):
    asked, answer = server
    answer.update(status=status, body=body)

    found = [minutes(NIGHT, 8_000) for _ in range(3)]

    assert found == pytest.approx([8_000 * travel.DETOUR / travel.EMPTY_ROAD / 60] * 3, rel=0.01)
    assert len(asked) == 1


def test_server_that_is_not_there(settings, monkeypatch):
    monkeypatch.setattr(travel, "_rests_until", None)
    settings.OSRM_URL = "http://127.0.0.1:1"

    assert minutes(NIGHT, 8_000) > 0
    assert travel._rests_until is not None
