"""Who bears what: the pieces are the whole, to the cent, however it is cut (rule M6; fault M12).

No database.
"""

import os
import random
from types import SimpleNamespace

import pytest

from catalogue.money import split
from payments import shares
from payments.shares import Shares

CHAINS = int(os.environ.get("FAULT_RUNS", "3")) * 700


def charge(service, rate, fee):
    one = split(service, rate, fee)
    return SimpleNamespace(
        service_cents=service,
        booking_fee_cents=fee,
        commission_cents=one.commission_cents,
        partner_cents=one.partner_cents,
        amount_cents=one.charge_cents,
    )


def plus(one, other):
    return Shares(*(getattr(one, name) + getattr(other, name) for name in shares.COLUMNS))


def of_whole(of):
    return Shares(of.service_cents, of.booking_fee_cents, of.partner_cents, of.commission_cents, 0)


@pytest.mark.parametrize("seed", range(4))
def test_any_chain_of_pieces_is_the_whole(seed):
    dice = random.Random(seed)
    for _ in range(CHAINS // 4):
        one = charge(
            dice.randint(1, 100_000),
            dice.choice((0, 1000, 2000, 3333, 10_000)),
            dice.choice((0, 290, 490)),
        )
        back = Shares()
        while sum(left := shares.left(one, back)):
            piece = shares.shared(
                one, back, dice.randint(0, left[0]) or left[0], dice.choice((0, left[1])) or left[1]
            )
            assert piece.partner_cents >= 0
            assert piece.commission_cents >= 0
            assert piece.service_cents == piece.partner_cents + piece.commission_cents
            back = plus(back, piece)
        assert back == of_whole(one)


@pytest.mark.parametrize("seed", range(4))
def test_with_good_will_and_facts_of_stripe_between_nobody_bears_more_than_they_had(seed):
    dice = random.Random(seed)
    for _ in range(CHAINS // 4):
        one = charge(dice.randint(1, 50_000), 2000, 290)
        back = Shares()
        for _piece in range(4):
            service, fee = shares.left(one, back)
            if not service + fee:
                break
            match dice.choice(("shared", "mila", "lost", "fact")):
                case "shared":
                    piece = (
                        shares.shared(one, back, service, 0) if service else shares.by_mila(0, fee)
                    )
                case "mila":
                    piece = shares.by_mila(dice.randint(0, service), fee)
                case "lost":
                    piece = shares.of_amount(one, back, dice.randint(1, service + fee + 100))
                case _:
                    cents = dice.randint(1, service + fee)
                    most = min(cents, one.partner_cents - back.partner_cents)
                    piece = shares.at_stripe(
                        one, back, cents, partner_cents=dice.randint(0, max(0, most))
                    )
            parts = piece.partner_cents + piece.commission_cents + piece.mila_cents
            assert piece.service_cents == parts
            back = plus(back, piece)
            assert back.partner_cents <= one.partner_cents
            assert back.commission_cents <= one.commission_cents


def test_half_a_service_is_half_of_each():
    assert shares.shared(charge(10_000, 2000, 290), Shares(), 5000, 0) == Shares(
        5000, 0, 4000, 1000, 0
    )


def test_one_commission_rounded_once_would_not_add_up():
    """The control: each piece by itself gives 0.5 cents up every time."""
    one = charge(1000, 2000, 0)
    by_itself = sum(split(1, 5000, 0).commission_cents for _ in range(1000))
    assert by_itself != one.commission_cents
