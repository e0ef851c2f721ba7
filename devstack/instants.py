"""Hours and days at which everything must work, and where the demo's clock begins.

Wall times are those of Paris.
"""

import sys
from datetime import date, datetime, time, timedelta

from places.calendar import NonexistentTime, instant, is_service_day, wall_time

PARIS = "Europe/Paris"
FORMAT = "%Y-%m-%dT%H:%M"
MORNING = time(10)
# What was once broken or could be: `bin/test` builds the demo at each of them, `bin/test
# --instants` tests all at each.
INSTANTS = {
    "at night": "2026-11-27T02:17",
    "on a Sunday": "2026-11-29T15:40",
    "on a public holiday": "2026-12-25T11:05",
    "when the clocks go forward": "2027-03-28T03:30",
    "when the clocks go back": "2026-10-25T02:30",
    "in the last minutes of a year": "2026-12-31T23:50",
    "on a leap day": "2028-02-29T18:20",
    "on a plain Tuesday": "2026-11-24T10:00",
}


class NoSuchInstant(ValueError):
    """The sentence says what is wrong with it."""


def instant_of(text: str) -> datetime:
    """The instant of a wall time of Paris such as 2026-12-25T02:17; NoSuchInstant says why there is
    none.
    """
    try:
        wall = datetime.strptime(text, FORMAT)
    except ValueError as error:
        raise NoSuchInstant(f"{text} is no date and time: write it as 2026-12-25T02:17.") from error
    try:
        return instant(wall, PARIS)
    except NonexistentTime as error:
        raise NoSuchInstant(
            f"{text} does not exist in Paris: the clocks go forward over it that night. Choose "
            f"another time."
        ) from error


def last_service_morning(now: datetime) -> datetime:
    """10:00 of the last day that is a service day in both countries and has come to that hour
    (rule H2).
    """
    day = wall_time(now, PARIS).date()
    while not _is_worked(day) or _morning(day) > now:
        day -= timedelta(days=1)
    return _morning(day)


def _morning(day: date) -> datetime:
    return instant(datetime.combine(day, MORNING), PARIS)


def _is_worked(day: date) -> bool:
    """Nowhere in the demo's cities a holiday."""
    return all(
        is_service_day(day, country, region)
        for country, region in (("FR", "75"), ("CH", "VD"), ("CH", "ZH"))
    )


if __name__ == "__main__":
    # For bin/test: MILA_AT of a wall time, or why there is none; without one, the eight.
    try:
        lines = [instant_of(text).isoformat() for text in sys.argv[1:]] or INSTANTS.values()
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    except NoSuchInstant as error:
        sys.exit(str(error))
