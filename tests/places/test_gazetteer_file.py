"""The committed file: complete, inside its countries, and right where we know the answer."""

import csv
from collections import Counter

import pytest

from places.distance import metres
from places.gazetteer import CSV, FIELDS, read_csv
from places.place import VAGUE, Precision
from places.public_holidays import EVERYWHERE, lists

ROWS = {(row.country, row.code): row for row in read_csv()}

# Town halls and station squares, read off a map.
KNOWN = [
    ("FR", "75001", 48.8606, 2.3376),
    ("FR", "69003", 45.7597, 4.8558),
    ("FR", "13001", 43.2990, 5.3800),
    ("FR", "31000", 43.6045, 1.4440),
    ("FR", "33000", 44.8378, -0.5792),
    ("FR", "44000", 47.2184, -1.5536),
    ("FR", "59000", 50.6292, 3.0573),
    ("FR", "67000", 48.5734, 7.7521),
    ("FR", "06000", 43.7034, 7.2663),
    ("FR", "29200", 48.3904, -4.4861),
    ("FR", "20200", 42.7000, 9.4500),
    ("FR", "74000", 45.8992, 6.1294),
    ("CH", "1003", 46.5197, 6.6323),
    ("CH", "1204", 46.2017, 6.1466),
    ("CH", "8001", 47.3717, 8.5422),
    ("CH", "3011", 46.9480, 7.4474),
    ("CH", "4051", 47.5546, 7.5886),
    ("CH", "6900", 46.0037, 8.9511),
    ("CH", "1700", 46.8065, 7.1620),
    ("CH", "7000", 46.8508, 9.5320),
    ("CH", "6300", 47.1662, 8.5155),
    ("CH", "1820", 46.4330, 6.9110),
]


@pytest.mark.parametrize(("country", "code", "lat", "lon"), KNOWN)
def test_known_towns_lie_within_three_kilometres(country, code, lat, lon):
    row = ROWS[country, code]

    assert metres(lat, lon, row.lat, row.lon) < 3_000


def test_every_point_lies_in_its_country():
    strays = [
        row.code
        for row in ROWS.values()
        if not (
            (41 < row.lat < 51.5 and -5.5 < row.lon < 10)
            if row.country == "FR"
            else (45.8 < row.lat < 47.9 and 5.9 < row.lon < 10.6)
        )
    ]

    assert strays == []


def test_counts_are_those_of_the_last_build():
    counts = Counter(row.country for row in ROWS.values())

    assert counts["FR"] == pytest.approx(6_051, rel=0.01)
    assert counts["CH"] == pytest.approx(3_185, rel=0.01)


def test_every_department_and_canton_is_there():
    departments = {row.region for row in ROWS.values() if row.country == "FR"}
    cantons = {row.region for row in ROWS.values() if row.country == "CH"}

    assert departments == {f"{number:02d}" for number in range(1, 96) if number != 20} | {
        "2A",
        "2B",
    }
    assert cantons == {region for country, region in lists() if country == "CH"} - {EVERYWHERE}


def test_no_code_outside_the_service_area_is_in_it():
    assert [
        code for country, code in ROWS if country == "FR" and code.startswith(("97", "98"))
    ] == []
    assert [
        code for country, code in ROWS if country == "CH" and code.startswith(("948", "949"))
    ] == []


def test_moutier_is_in_jura():
    assert ROWS["CH", "2740"].region == "JU"


def test_most_points_are_a_town_s_own():
    vague = Counter(row.country for row in ROWS.values() if row.precision in VAGUE)

    assert vague["FR"] < 310
    assert vague["CH"] < 1_170
    assert {row.precision for row in ROWS.values()} <= set(Precision.values)


def test_columns_are_those_the_table_has():
    with CSV.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))

    assert sorted(header) == sorted(FIELDS)
    assert len(ROWS) == len(read_csv())
