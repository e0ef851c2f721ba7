"""Rule B3: the public holidays of each canton and department, by their own lists."""

from datetime import date, timedelta

import holidays
import pytest

from places.calendar import is_service_day
from places.place import Country
from places.public_holidays import EVERYWHERE, FEASTS, lists, public_holidays

METROPOLITAN = [f"{number:02d}" for number in range(1, 96) if number != 20] + ["2A", "2B"]
EASTERN = {"57", "67", "68"}

# Each canton's days of 2027 without visits, month and day, as its own list has them. Easter is the
# 28th of March, so that no feast of another sort falls on one of Easter's.
DAYS_OF_2027 = {
    "AG": "0101 0326 0329 0506 0517 0801 1225 1226",
    "AI": "0101 0326 0329 0506 0517 0527 0801 0815 0922 1101 1208 1225 1226",
    "AR": "0101 0326 0329 0506 0517 0801 1225 1226",
    "BE": "0101 0102 0326 0329 0506 0517 0801 1225 1226",
    "BL": "0101 0326 0329 0501 0506 0517 0801 1225 1226",
    "BS": "0101 0326 0329 0501 0506 0517 0801 1225 1226",
    "FR": "0101 0326 0506 0527 0801 0815 1101 1208 1225",
    "GE": "0101 0326 0329 0506 0517 0801 0909 1225 1231",
    "GL": "0101 0326 0329 0401 0506 0517 0801 1101 1225 1226",
    "GR": "0101 0326 0329 0506 0517 0801 1225 1226",
    "JU": "0101 0102 0326 0329 0501 0506 0517 0527 0623 0801 0815 1101 1225",
    "LU": "0101 0326 0506 0527 0801 0815 1101 1208 1225",
    "NE": "0101 0301 0326 0501 0506 0801 1225",
    "NW": "0101 0319 0326 0506 0527 0801 0815 1101 1208 1225",
    "OW": "0101 0326 0506 0527 0801 0815 0925 1101 1208 1225",
    "SG": "0101 0326 0329 0506 0517 0801 1101 1225 1226",
    "SH": "0101 0326 0329 0501 0506 0517 0801 1225 1226",
    "SO": "0101 0326 0506 0527 0801 0815 1101 1225",
    "SZ": "0101 0106 0319 0326 0329 0506 0517 0527 0801 0815 1101 1208 1225 1226",
    "TG": "0101 0102 0326 0329 0501 0506 0517 0801 1225 1226",
    "TI": "0101 0106 0319 0329 0501 0506 0517 0527 0629 0801 0815 1101 1208 1225 1226",
    "UR": "0101 0106 0319 0326 0329 0506 0517 0527 0801 0815 1101 1208 1225 1226",
    "VD": "0101 0102 0326 0329 0506 0517 0801 0920 1225",
    "VS": "0101 0319 0506 0527 0801 0815 1101 1208 1225",
    "ZG": "0101 0326 0506 0527 0801 0815 1101 1208 1225",
    "ZH": "0101 0326 0329 0501 0506 0517 0801 1225 1226",
}
CANTONS = sorted(DAYS_OF_2027)
FRANCE_2027 = "0101 0329 0501 0506 0508 0517 0714 0815 1101 1111 1225"


def written(days) -> str:
    return " ".join(f"{day:%m%d}" for day in sorted(days))


@pytest.mark.parametrize("canton", CANTONS)
def test_days_of_each_canton(canton):
    assert written(public_holidays(2027, "CH", canton)) == DAYS_OF_2027[canton]


@pytest.mark.parametrize("department", METROPOLITAN)
def test_days_of_each_department(department):
    eastern = {date(2027, 3, 26), date(2027, 12, 26)} if department in EASTERN else set()

    days = public_holidays(2027, "FR", department)

    assert written(days - eastern) == FRANCE_2027
    assert eastern <= days


@pytest.mark.parametrize(
    ("region", "day", "closed"),
    [
        ("FR", date(2026, 12, 8), True),
        ("FR", date(2026, 4, 6), False),  # Easter Monday: only around Murten
        ("ZH", date(2026, 1, 2), False),
        ("BE", date(2026, 1, 2), True),
        ("VS", date(2026, 4, 3), False),
        ("SO", date(2026, 5, 1), False),  # from noon on only
        ("GL", date(2026, 4, 2), False),  # in the week before Easter: a week later
        ("GL", date(2026, 4, 9), True),
        ("GE", date(2026, 9, 10), True),
        ("VD", date(2026, 9, 21), True),
        ("AR", date(2026, 12, 26), False),  # Friday, Saturday, Sunday would be three
        ("AI", date(2023, 12, 26), False),  # Sunday, Monday, Tuesday too
        ("AR", date(2024, 12, 26), True),
        ("NE", date(2022, 12, 26), True),  # only after a Sunday
        ("NE", date(2024, 12, 26), False),
        ("NE", date(2023, 1, 2), True),
        ("NE", date(2024, 1, 2), False),
    ],
)
def test_visits_are_made_there_that_day_or_not(region, day, closed):
    assert (day in public_holidays(day.year, "CH", region)) is closed
    assert is_service_day(day, "CH", region) is not (closed or day.weekday() == 6)


def test_every_region_has_its_list_and_every_list_its_source():
    assert len(CANTONS) == 26
    assert {region for country, region in lists() if country == "CH"} == {*CANTONS, EVERYWHERE}
    assert {region for country, region in lists() if country == "FR"} == {*EASTERN, EVERYWHERE}
    assert {country for country, _region in lists()} == set(Country.values)
    assert all(len(each.source) > 20 for each in lists().values())


def test_lists_name_feasts_that_there_are_and_each_once():
    for each in lists().values():
        named = [*each.none, *each.possible]
        assert len(named) == len(set(named))
        assert set(named) <= set(FEASTS)
    assert set(FEASTS) == {
        name for each in lists().values() for name in (*each.none, *each.possible)
    }


def test_what_holds_in_all_of_switzerland_is_in_each_canton_s_own_list():
    everywhere = set(lists()["CH", EVERYWHERE].none) - {"swiss_national_day"}  # the constitution's

    assert all(everywhere <= set(lists()["CH", canton].none) for canton in CANTONS)


def test_unknown_region_has_those_of_the_whole_country():
    assert written(public_holidays(2027, "CH", "")) == "0101 0506 0801 1225"
    assert written(public_holidays(2027, "FR", "")) == FRANCE_2027


@pytest.mark.parametrize("year", range(2024, 2045))
def test_a_second_witness_has_the_same_days_for_france_and_zurich(year):
    """The library's calendars, where its category is the law's: nothing typed by us twice."""
    sundays = {date(year, 1, 1) + timedelta(days=number) for number in range(366)}
    sundays = {day for day in sundays if day.weekday() == 6}

    for region, theirs in {"75": None, "57": "57", "67": "6AE", "68": "6AE"}.items():
        assert public_holidays(year, "FR", region) == set(holidays.FR(subdiv=theirs, years=year))
    zurich = set(holidays.CH(subdiv="ZH", years=year))
    assert public_holidays(year, "CH", "ZH") - sundays == zurich - sundays
