"""Metres on the map, and the H3 cells in which a search looks. The same plane arithmetic stands in
the search's SQL.

A search is exact because no cell is left out that could hold a technician within reach: every point
of a cell lies within CIRCUMRADIUS_M of its centre, and RINGS rings round the home cell hold every
point within REACH_M (both tested).
"""

import math
from functools import lru_cache

import h3.api.basic_int as h3

METRES_PER_DEGREE = 111_195
RESOLUTION = 5
CIRCUMRADIUS_M = 10_500
RINGS = 5
REACH_M = 50_000
NEAR_CELLS = 7
NEIGHBOURHOOD = 7  # the resolution of cells of about five square kilometres


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Distance on the plane that touches the first point; within 0.6 % of the great circle up to
    REACH_M.
    """
    north = other_lat - lat
    east = (other_lon - lon) * math.cos(math.radians(lat))
    return METRES_PER_DEGREE * math.hypot(north, east)


def rounded_km(distance_m: float) -> int:
    """Whole kilometres, never 0: what a technician may know before the claim (rule D8)."""
    return max(1, math.floor(distance_m / 1000 + 0.5))


def cell(lat: float, lon: float) -> int:
    """The H3 cell of a point; its top bit is never set, so it fits a signed bigint."""
    return h3.latlng_to_cell(lat, lon, RESOLUTION)


def neighbourhood(lat: float, lon: float) -> tuple[float, float]:
    """The middle of the cell a point lies in, at most a kilometre and a half away: all that is kept
    of where a technician lives.

    Whoever asks for free times at many addresses finds the edge of an area, and by it the middle
    (fault A6).
    """
    return h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, NEIGHBOURHOOD))


def search_cells(lat: float, lon: float) -> tuple[tuple[int, ...], tuple[tuple[int, float], ...]]:
    """(the 7 nearest cells, every cell that may hold a point within 50 km with its least distance
    in metres).
    """
    width = math.cos(math.radians(lat))
    centres = sorted(  # metres() written out: this runs for every search
        (METRES_PER_DEGREE * math.hypot(north - lat, (east - lon) * width), number)
        for number, north, east in _around(cell(lat, lon))
    )
    near = tuple([number for _, number in centres[:NEAR_CELLS]])
    limit = REACH_M + CIRCUMRADIUS_M
    return near, tuple(
        [(number, max(0.0, away - CIRCUMRADIUS_M)) for away, number in centres if away <= limit]
    )


@lru_cache(maxsize=4_000)  # France and Switzerland have about 2,500 cells
def _around(home: int) -> tuple[tuple[int, float, float], ...]:
    return tuple(_with_centre(number) for number in h3.grid_disk(home, RINGS))


@lru_cache(maxsize=10_000)
def _with_centre(number: int) -> tuple[int, float, float]:
    return number, *h3.cell_to_latlng(number)
