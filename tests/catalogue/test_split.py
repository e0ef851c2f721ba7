"""The split adds up for every amount a service can cost (rule M3, fault M12)."""

from fractions import Fraction
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.money import Split, ceiling, part_of, percent_of, round_half_up, split, vat_inside

AMOUNTS = range(1, 1_000_001)
amounts = st.integers(0, 10**9)
rates = st.integers(0, 10_000)


def test_handbook_example():
    assert split(6900, 2000, 290) == Split(6900, 290, 1380, 5520, 7190)
    assert split(6900, 2000, 290).mila_cents == 1670


@pytest.mark.no_cover  # a million calls, measured by the others
def test_every_amount_adds_up_and_is_half_up():
    """All amounts from 1 to 1,000,000 cents at 20 %: a fifth, where n % 5 in (3, 4) rounds up."""
    for n, (service, fee, commission, partner, charge) in zip(
        AMOUNTS, map(split, AMOUNTS, repeat(2000), repeat(290)), strict=True
    ):
        if not (
            commission + partner == service == n
            and charge == service + fee
            and commission == n // 5 + (n % 5 >= 3)
            and partner >= 0
        ):
            pytest.fail(f"{n} cents are not shared out exactly")


@pytest.mark.no_cover
@pytest.mark.parametrize("rate", [810, 2000])
def test_vat_of_every_amount_adds_up(rate):
    """Net and VAT make the gross; the VAT repeats with the amount's period, so each step is 0 or 1
    cent.
    """
    before = 0
    for n, vat in zip(AMOUNTS, map(vat_inside, AMOUNTS, repeat(rate)), strict=True):
        if not (
            0 <= vat - before <= 1
            and abs(2 * vat * (10_000 + rate) - 2 * n * rate) <= 10_000 + rate
        ):
            pytest.fail(f"VAT of {n} cents is off by more than half a cent")
        before = vat


@given(amounts, rates, amounts)
def test_any_rate_adds_up(service, rate, fee):
    parts = split(service, rate, fee)

    assert parts.commission_cents + parts.partner_cents == service
    assert parts.partner_cents + parts.mila_cents == parts.charge_cents == service + fee
    assert 0 <= parts.commission_cents <= service


@given(amounts, st.integers(1, 10**6))
def test_rounding_is_nearest_and_halves_go_up(numerator, denominator):
    exact = Fraction(numerator, denominator)

    rounded = round_half_up(numerator, denominator)

    assert exact - Fraction(1, 2) < rounded <= exact + Fraction(1, 2)


@given(amounts, st.integers(0, 500), st.integers(-2, 2))
def test_above_the_ceiling_is_exactly_above_the_percentage(version1, percent, step):
    limit = ceiling(version1, percent)

    assert (limit + step > limit) == (Fraction(limit + step) > Fraction(version1 * percent, 100))


@given(amounts, st.data())
def test_a_part_never_exceeds_the_whole(amount, data):
    whole = data.draw(st.integers(1, 10**6))
    part = data.draw(st.integers(0, whole))

    assert 0 <= part_of(amount, part, whole) <= amount


def test_halves_go_up():
    assert percent_of(250, 1) == 3
    assert percent_of(249, 1) == 2
    assert part_of(5, 1, 2) == 3
    assert vat_inside(1081, 810) == 81
    assert ceiling(6901, 150) == 10351


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: split(-1, 2000, 290),
        lambda: split(1, 2000, -290),
        lambda: split(1, -1, 0),
        lambda: split(1, 10_001, 0),
        lambda: round_half_up(-1, 2),
        lambda: round_half_up(1, 0),
        lambda: part_of(1, 2, 1),
        lambda: part_of(1, -1, 1),
        lambda: ceiling(-1, 150),
        lambda: ceiling(1, -150),
    ],
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        wrong()
