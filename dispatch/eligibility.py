"""The facts that make a technician eligible, in SQL, each once (rule D1).

The search, the list, the tap, the trace and the free times say them by these lines, so that none
can differ.

The names are those of every statement: `s` a search row, `b` what is wanted, `w` one start of it,
`h` hours of the week, `y` time that is taken. `b` has lat, lon, width, wider_m, languages,
customer_id and the figures of the caps; `w` what `window` selects.
"""

from typing import Any, Final

from accounts.models import LANGUAGE_BITS
from places.distance import METRES_PER_DEGREE, REACH_M
from places.place import VAGUE
from requests_app import caps

# Where only the middle of a wide area is known, a technician's circle is taken this much wider.
VAGUE_M = 5_000
PARAMS: Final[dict[str, Any]] = {
    "degree": METRES_PER_DEGREE,
    "reach": REACH_M,
    "vague": sorted(VAGUE),
    "vague_m": VAGUE_M,
}

RULES = {
    "metres": "%(degree)s * sqrt((s.lat - b.lat) ^ 2 + ((s.lon - b.lon) * b.width) ^ 2)",
    "near": "away.metres <= least(s.radius_m + b.wider_m, %(reach)s)",
    "papers_over": "s.valid_until <= %(at)s",
    "speaks": "(s.languages & b.languages) <> 0",
    "apart": """EXISTS (
                    SELECT 1 FROM requests_app_avoidance v
                     WHERE v.technician_id = s.technician_id AND v.customer_id = b.customer_id
                       AND v.ended_at IS NULL)""",
    "had_it": """EXISTS (
                    SELECT 1 FROM requests_app_assignment a
                     WHERE a.booking_id = b.id AND a.technician_id = s.technician_id)""",
    "works": """h.technician_id = s.technician_id AND h.weekday = w.weekday
                     AND h.opens <= w.begins AND h.closes >= w.ends""",
    "taken": "y.technician_id = s.technician_id AND y.during && w.during",
    "takes_too_many": caps.REACHED.format(
        technician="s.technician_id", drops="b.drops", lost="b.lost", held="b.held"
    ),
}


# The languages of a booking as the search rows hold theirs: that of its page, and those the
# customer also speaks.
_BITS = " ".join(f"WHEN '{code}' THEN {bit}" for code, bit in LANGUAGE_BITS.items())
_SPOKEN = "unnest(b.spoken || b.language) code"
LANGUAGES = f"(SELECT bit_or(CASE code {_BITS} END) FROM {_SPOKEN})"  # noqa: S608  (constants)


def window(start: str, zone: str, duration: str, buffer: str) -> dict[str, str]:
    """What a start means on the wall of the place and in a calendar; the arguments are SQL."""
    return {
        "wall": f"SELECT {start} AT TIME ZONE {zone} AS begins, ({start} + {duration}) AT TIME "
        f"ZONE {zone} AS ends",
        "window": f"""extract(isodow FROM wall.begins)::smallint - 1 AS weekday,
           wall.begins::time AS begins, wall.ends::time AS ends,
           wall.begins::date = wall.ends::date AS one_day,
           tstzrange({start}, {start} + {duration} + {buffer}) AS during""",
    }
