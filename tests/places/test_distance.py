import math

import h3.api.basic_int as h3
import pytest
from geopy.distance import great_circle
from hypothesis import given, settings
from hypothesis import strategies as st

from places.distance import (
    CIRCUMRADIUS_M,
    METRES_PER_DEGREE,
    REACH_M,
    RINGS,
    cell,
    metres,
    rounded_km,
    search_cells,
)

LAT = st.floats(41.2, 51.2)
LON = st.floats(-5.2, 10.6)
BEARING = st.floats(0, 2 * math.pi)
# Five towns, and a spot near Douai whose hexagon lies at its worst.
SPOTS = [
    (48.8566, 2.3522),
    (46.2044, 6.1432),
    (43.2965, 5.3698),
    (50.6292, 3.0573),
    (48.3904, -4.4861),
    (50.243, 2.776),
]


def away(lat, lon, distance, bearing):
    north, east = distance * math.cos(bearing), distance * math.sin(bearing)
    return lat + north / METRES_PER_DEGREE, lon + east / METRES_PER_DEGREE / math.cos(
        math.radians(lat)
    )


@given(LAT, LON, BEARING, st.floats(1, REACH_M))
def test_metres_agree_with_the_great_circle_closely(lat, lon, bearing, distance):
    there = away(lat, lon, distance, bearing)

    assert metres(lat, lon, *there) == pytest.approx(distance, rel=1e-6)
    assert metres(lat, lon, *there) == pytest.approx(great_circle((lat, lon), there).m, rel=0.006)


@pytest.mark.parametrize(
    ("distance", "shown"), [(0, 1), (499, 1), (1_499, 1), (1_500, 2), (12_400, 12), (49_900, 50)]
)
def test_distance_is_shown_in_whole_kilometres_and_never_zero(distance, shown):
    assert rounded_km(distance) == shown


def test_cell_fits_a_signed_bigint():
    assert 0 < cell(48.8566, 2.3522) < 2**63
    assert h3.get_resolution(cell(46.2, 6.14)) == 5


@settings(max_examples=300)
@given(LAT, LON, BEARING, st.floats(0, REACH_M))
def test_every_point_within_reach_lies_in_a_cell_with_a_true_least_distance(
    lat, lon, bearing, distance
):
    there = away(lat, lon, distance, bearing)

    _near, cells = search_cells(lat, lon)

    assert dict(cells)[cell(*there)] <= metres(lat, lon, *there)


def ring(lat, lon):
    """The cells of 360 points 49.9 km away."""
    return {cell(*away(lat, lon, 49_900, math.radians(degree))) for degree in range(360)}


@pytest.mark.parametrize(("lat", "lon"), SPOTS)
def test_point_at_49_9_km_is_covered_in_every_direction(lat, lon):
    _near, cells = search_cells(lat, lon)

    assert ring(lat, lon) <= dict(cells).keys()


def test_control_four_rings_lose_a_point_at_49_9_km():
    assert [spot for spot in SPOTS if not ring(*spot) <= set(h3.grid_disk(cell(*spot), RINGS - 1))]


@settings(max_examples=300)
@given(LAT, LON, st.floats(-0.55, 0.55))
def test_no_cell_is_wider_than_its_circumradius(lat, lon, north):
    """On the plane of a searched point up to 60 km north or south, where degrees of longitude have
    another width.
    """
    centre = h3.cell_to_latlng(cell(lat, lon))
    width = math.cos(math.radians(centre[0] + north))

    radius = max(
        METRES_PER_DEGREE * math.hypot(corner[0] - centre[0], (corner[1] - centre[1]) * width)
        for corner in h3.cell_to_boundary(cell(lat, lon))
    )

    assert radius <= CIRCUMRADIUS_M


def test_near_cells_are_the_seven_nearest_and_begin_at_home():
    near, cells = search_cells(48.8566, 2.3522)

    assert len(near) == len(set(near)) == 7
    assert cell(48.8566, 2.3522) in near
    assert set(near) <= {number for number, _ in cells}
    assert list(near) == [number for number, _ in cells][:7]
    assert 40 < len(cells) <= 91
