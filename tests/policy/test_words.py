"""A figure as a person reads it, and the unit in which a row writes it."""

from datetime import time, timedelta

import pytest
from django.utils import translation

from policy.figures import FIGURES, Policy
from policy.values import PerCurrency, PerKind
from policy.words import in_words, span, unit_of

SAID = [
    ("offer_window", timedelta(seconds=90), "90 seconds"),
    ("offer_window", timedelta(minutes=2), "2 minutes"),
    ("call_window", timedelta(hours=1), "1 hour"),
    ("signature_limit", timedelta(hours=72), "72 hours"),
    ("guarantee", timedelta(days=14), "14 days"),
    ("withdrawal_window", timedelta(0), "0 minutes"),
    ("signature_reminders", (timedelta(0), timedelta(hours=24)), "0 minutes, 24 hours"),
    ("day_opens", time(8), "08:00"),
    ("call_hours", (time(8), time(21)), "08:00 – 21:00"),
    ("call_share", (2, 3), "2/3"),
    ("unpaid_reminder_days", (0, 3), "0, 3"),
    ("booking_fee_cents", PerCurrency(EUR=290, CHF=490), "€2.90, CHF 4.90"),
    ("withdrawal_cost_cents", 150, "1.50"),
    ("commission_bp", PerKind(friend=2_000, pro=1_850), "Friend 20 %, Pro 18.5 %"),
    (
        "score_weights_ppm",
        Policy().score_weights_ppm,
        "stars 45 %, level 20 %, reliability 15 %, nearness 20 %",
    ),
    ("ceiling_percent", 150, "150 %"),
    ("prior_stars_tenths", 43, "4.3"),
    ("door_radius_m", 300, "300 m"),
    ("area_max_m", 50_000, "50 km"),
    ("wishes_max", 3, "3"),
]


@pytest.mark.parametrize(("key", "value", "words"), SAID)
def test_value_in_words(key, value, words):
    with translation.override("en"):
        assert in_words(key, value).replace("\N{NO-BREAK SPACE}", " ") == words


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("offer_window", "in seconds"),
        ("reminder_ladder", "in seconds"),
        ("day_opens", "as local time, 08:00"),
        ("call_hours", "as local time, 08:00"),
        ("booking_fee_cents", "in cents"),
        ("commission_bp", "in hundredths of a percent"),
        ("unpaid_reminder_days", "in days"),
        ("door_radius_m", "in metres"),
        ("wishes_max", "as a whole number"),
    ],
)
def test_unit_stands_in_type_or_name(key, unit):
    with translation.override("en"):
        assert unit_of(key) == unit


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_every_figure_has_words_of_its_own_in_every_language(language):
    with translation.override(language):
        words = {str(one.words) for one in FIGURES.values()}
        assert len(words) == len(FIGURES)
        assert span(timedelta(days=5)) != ""
