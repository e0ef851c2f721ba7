"""A day is read however it is typed."""

from datetime import date

import pytest

from customer.forms.days import read_day

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-10", "10.12.2026", "10/12/2026", "10-12-2026", " 10 . 12 . 2026 ", "10.12.26",
        "10.12.", "10/12",
        "10 décembre 2026", "jeudi 10 décembre", "10 dec", "10. Dezember 2026", "Donnerstag, 10. "
                                                                                "Dez.",
        "10 dicembre 2026",         "10 December", "December 10, 2026", "Thursday 10th of December "
                                                                        "2026", "10 DÉCEMBRE",
    ],
)  # fmt: skip
def test_one_day_in_many_ways(text):
    assert read_day(text, TODAY) == date(2026, 12, 10)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1er janvier", date(2027, 1, 1)),  # the next one
        ("24.11.", TODAY),
        ("23.11.", date(2027, 11, 23)),
        ("2 août 2027", date(2027, 8, 2)),
        ("3. März 2027", date(2027, 3, 3)),
    ],
)
def test_which_day(text, day):
    assert read_day(text, TODAY) == day


@pytest.mark.parametrize(
    "text", ["", "31.2.2027", "29.2.", "10 jui", "demain", "2026", "10", "99/99/9999", "0.1.2027"]
)
def test_what_is_no_day(text):
    assert read_day(text, TODAY) is None
