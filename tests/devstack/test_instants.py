"""Hours and days that are asked for, and where the demo's clock begins."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.conf import settings

from devstack.instants import INSTANTS, NoSuchInstant, instant_of, last_service_morning

BEGINS = {
    "2026-11-24T10:00": "2026-11-24T10:00",  # that very instant
    "2026-11-24T09:59": "2026-11-23T10:00",
    "2026-11-27T02:17": "2026-11-26T10:00",
    "2026-11-29T15:40": "2026-11-28T10:00",  # a Sunday
    "2026-12-25T11:05": "2026-12-24T10:00",
    "2026-12-27T09:00": "2026-12-24T10:00",  # in Zürich the 26th is a holiday, then comes a Sunday
    "2027-03-28T03:30": "2027-03-27T10:00",
    "2026-12-31T23:50": "2026-12-31T10:00",
    "2027-01-02T09:00": "2026-12-31T10:00",
    "2028-02-29T18:20": "2028-02-29T10:00",
}


@pytest.mark.parametrize(("now", "begins"), BEGINS.items())
def test_demo_begins_at_ten_of_the_last_service_day(now, begins):
    assert last_service_morning(instant_of(now)) == instant_of(begins)


def test_wall_time_is_that_of_paris():
    assert instant_of("2026-12-25T02:17") == datetime(2026, 12, 25, 1, 17, tzinfo=UTC)
    assert instant_of("2026-07-01T02:17") == datetime(2026, 7, 1, 0, 17, tzinfo=UTC)


def test_hour_that_the_clocks_skip_is_refused_in_a_sentence():
    with pytest.raises(NoSuchInstant, match=r"2027-03-28T02:30 does not exist in Paris"):
        instant_of("2027-03-28T02:30")


@pytest.mark.parametrize(
    "text", ["", "now", "2026-02-30T10:00", "2026-12-25 02:17", "2026-12-25T02:17Z"]
)
def test_what_is_no_time_is_refused_in_a_sentence(text):
    with pytest.raises(NoSuchInstant, match="write it as"):
        instant_of(text)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 0, "".join(f"{text}\n" for text in INSTANTS.values())),
        (["2026-12-25T02:17"], 0, "2026-12-25T01:17:00+00:00\n"),
        (["2027-03-28T02:30"], 1, ""),
    ],
)
def test_bin_test_is_told_what_the_words_mean(words, code, said):
    command = [sys.executable, "-m", "devstack.instants", *words]

    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (code, said)
    assert bool(done.stderr) == bool(code)
