"""Figures of the rules: defaults, exact storage, dated rows that override one of them."""

from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError

from mila.clock import MilaNow
from policy.figures import Policy, PolicyError, decode
from policy.models import PolicyRow
from policy.queries import policy_at
from policy.values import PerCurrency, PerKind, ScoreWeights, encode
from tests.factories import LONG_AGO

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def test_handbook_figures():
    policy = Policy()

    assert policy.offer_window == timedelta(minutes=2)
    assert policy.booking_fee_cents["EUR"] == 290
    assert policy.booking_fee_cents["CHF"] == 490
    assert policy.cancel_fee_cents == PerCurrency(EUR=2500, CHF=3000)
    assert (policy.day_opens, policy.night_from) == (time(8), time(21))
    assert policy.signature_reminders == (timedelta(0), timedelta(hours=24), timedelta(hours=60))


def test_other_currencies_and_kinds_do_not_exist():
    with pytest.raises(KeyError):
        Policy().booking_fee_cents["USD"]
    with pytest.raises(KeyError):
        Policy().commission_bp["brand"]


def test_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Policy().wishes_max = 4


def test_weights_must_add_up():
    with pytest.raises(ValueError, match="add up"):
        ScoreWeights(stars=1, level=1, reliability=1, nearness=1)


def test_round_trip_is_exact():
    changed = replace(
        Policy(),
        wishes_max=5,
        lead_min=timedelta(minutes=45),
        day_opens=time(7, 15),
        call_hours=(time(9), time(20, 30)),
        call_share=(3, 4),
        reminder_ladder=(timedelta(hours=1),),
        unpaid_reminder_days=(0, 2),
        cancel_fee_cents=PerCurrency(EUR=1, CHF=2),
        commission_bp=PerKind(friend=1_900, pro=2_100),
        score_weights_ppm=ScoreWeights(stars=1_000_000, level=0, reliability=0, nearness=0),
    )

    for policy in (Policy(), changed):
        assert Policy.from_json(policy.to_json()) == policy


def test_json_is_plain():
    stored = Policy().to_json()

    assert stored["offer_window"] == 120
    assert stored["day_opens"] == "08:00"
    assert stored["booking_fee_cents"] == {"EUR": 290, "CHF": 490}
    assert set(stored) == {field.name for field in fields(Policy)}


def test_older_record_takes_defaults_and_passes_over_what_is_gone():
    assert Policy.from_json({"wishes_max": 2, "figure_of_old": 1}) == replace(
        Policy(), wishes_max=2
    )


def test_strange_values_have_no_json():
    with pytest.raises(TypeError):
        encode(1.5)


WRONG = [
    ("no_such_figure", 1),
    ("wishes_max", "3"),
    ("wishes_max", True),
    ("wishes_max", -1),
    ("wishes_max", None),
    ("lead_min", 1.5),
    ("day_opens", "8"),
    ("day_opens", "25:00"),
    ("day_opens", 8),
    ("call_hours", ["08:00"]),
    ("call_hours", "08:00"),
    ("call_share", [2]),
    ("reminder_ladder", 60),
    ("reminder_ladder", ["60"]),
    ("booking_fee_cents", 290),
    ("booking_fee_cents", {"EUR": 290}),
    ("booking_fee_cents", {"EUR": 290, "CHF": "490"}),
    ("score_weights_ppm", {"stars": 1, "level": 1, "reliability": 1, "nearness": 1}),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_what_does_not_fit_is_refused(key, value):
    with pytest.raises(PolicyError):
        decode(key, value)
    with pytest.raises(ValidationError):
        PolicyRow(key=key, value=value, starts_at=AT, note="test").clean()


@pytest.mark.django_db
class TestRows:
    def row(self, key="wishes_max", value=4, starts_at=AT, **where):
        return PolicyRow.objects.create(
            key=key, value=value, starts_at=starts_at, note="test", **where
        )

    def test_without_rows_the_defaults_hold(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert policy_at(AT, "FR") == Policy()

    @pytest.mark.parametrize(("shift", "expected"), [(-1, 3), (0, 4), (1, 4)])
    def test_starts_to_the_second(self, shift, expected):
        self.row()

        assert policy_at(AT + timedelta(seconds=shift), "FR").wishes_max == expected

    def test_later_row_wins(self):
        self.row(value=5, starts_at=AT)
        self.row(value=4, starts_at=AT - DAY)

        assert policy_at(AT, "FR").wishes_max == 5
        assert policy_at(AT - DAY, "FR").wishes_max == 4

    def test_country_applies_there_only(self):
        self.row(country="CH")

        assert policy_at(AT, "CH").wishes_max == 4
        assert policy_at(AT, "FR").wishes_max == 3

    def test_row_of_a_country_wins_over_a_later_general_one(self):
        self.row(value=5, starts_at=AT - DAY, country="CH")
        self.row(value=4, starts_at=AT)

        assert policy_at(AT, "CH").wishes_max == 5
        assert policy_at(AT, "FR").wishes_max == 4

    def test_each_kind_of_partner_has_its_own_commission(self):
        self.row(key="commission_bp", value={"friend": 1800, "pro": 1500}, country="CH")

        assert policy_at(AT, "CH").commission_bp["friend"] == 1800
        assert policy_at(AT, "CH").commission_bp["pro"] == 1500
        assert policy_at(AT, "FR").commission_bp["pro"] == 2000

    def test_instant_may_be_the_database_s_own(self):
        self.row(starts_at=LONG_AGO)

        assert policy_at(MilaNow(), "FR").wishes_max == 4

    def test_other_figures_stay(self):
        self.row()

        assert replace(policy_at(AT, "FR"), wishes_max=3) == Policy()
