"""A partner's month on paper, once it is over (rule M5, M8)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from papers import actions, sweeps
from papers.models import Paper, StatedMonth
from payments import earnings
from payments.models import Advance, Earning, Payout
from tests.papers import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
DECEMBER = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)  # midnight in Paris
BOOKED = DECEMBER + timedelta(hours=1)


@pytest.fixture
def month(payer, payee, stopped_clock):
    charges = [cast.paid_job(payer, payee, service_cents=cents) for cents in (6900, 4999)]
    stopped_clock(BOOKED)
    return charges


def test_sweep_makes_it_once(month, payee):
    assert sweeps.sweep_statements() == 1
    assert sweeps.sweep_statements() == 0

    paper = Paper.objects.get(kind="statement")
    assert paper.total_cents == sum(charge.partner_cents for charge in month)
    assert [row["net_cents"] for row in paper.data["rows"]] == [
        charge.partner_cents for charge in month
    ]
    assert paper.partner == payee.partner
    words = cast.text(paper)
    assert "novembre 2026" in words
    assert "95,19 €" in words


def test_an_advance_and_its_end_are_said(month, payee, payer, staff, stopped_clock):
    """Advanced in October, paid by the customer in November: what is set off stands beside it."""
    charge = month[0]
    advance = Advance.objects.create(
        charge=charge,
        cents=charge.partner_cents,
        by=staff,
        reason="x",
        made_at=DECEMBER - timedelta(days=1),
        repaid_at=DECEMBER - timedelta(hours=1),
    )
    earnings.earn_advance(advance, advance.made_at)
    earnings.take_back(charge, advance.cents, advance.repaid_at, set_off=advance)

    assert sweeps.sweep_statements() == 1

    paper = Paper.objects.get(kind="statement")
    assert paper.total_cents == sum(one.partner_cents for one in month)
    words = cast.text(paper)
    assert words.count(charge.booking.number) == 3
    assert "55,20 €" in words
    assert [row["advance"] for row in paper.data["rows"]] == ["", "", "made", "set off"]


def test_what_is_booked_after_midnight_is_on_the_statement_of_its_month(
    month, payer, payee, stopped_clock
):
    """It was charged in the last instant, and its transaction ended in the next month."""
    stopped_clock(DECEMBER + timedelta(minutes=59))
    assert sweeps.sweep_statements() == 0
    assert actions.issue_statement(payee.partner_id, 2026, 11) == []
    assert not Paper.objects.filter(kind="statement").exists()
    assert not StatedMonth.objects.exists()
    late = cast.paid_job(payer, payee, service_cents=1000)
    Earning.objects.filter(charge=late).update(earned_at=DECEMBER - timedelta(seconds=1))

    stopped_clock(BOOKED)
    assert sweeps.sweep_statements() == 1

    paper = Paper.objects.get(kind="statement")
    assert [row["price_cents"] for row in paper.data["rows"]] == [6900, 4999, 1000]


def test_payout_is_on_the_statement_of_the_month_it_left_in(month, payee, stopped_clock):
    """Planned in November; two people said yes in December."""
    facts = {"partner": payee.partner, "currency": "EUR", "state": "paid", "account": "acct_1"}
    late = Payout.objects.create(
        **facts, cents=250000, day=date(2026, 11, 30), sent_at=DECEMBER + timedelta(hours=9)
    )
    Payout.objects.create(
        **facts, cents=500, day=date(2026, 11, 24), sent_at=DECEMBER - timedelta(days=6, hours=9)
    )

    sweeps.sweep_statements()
    paper = Paper.objects.get(kind="statement")
    assert paper.data["payouts"] == [{"on": "2026-11-24", "cents": 500}]

    Earning.objects.update(earned_at=late.sent_at)
    january = DECEMBER + timedelta(days=31)
    stopped_clock(january + timedelta(hours=1))
    sweeps.sweep_statements()
    paper = Paper.objects.filter(kind="statement").latest("pk")
    assert paper.data["payouts"] == [{"on": "2026-12-01", "cents": 250000}]


def test_month_is_finished_with_and_not_looked_through_again(month, monkeypatch):
    sweeps.sweep_statements()
    assert sweeps.sweep_statements() == 0
    assert sorted(StatedMonth.objects.values_list("country", flat=True)) == ["CH", "FR"]

    monkeypatch.setattr("papers.statements.missing", None)  # would raise
    assert sweeps.sweep_statements() == 0


def test_month_that_is_not_over_has_none(month, payee, stopped_clock):
    stopped_clock(DECEMBER.replace(hour=22, minute=59, second=59))

    assert actions.issue_statement(payee.partner_id, 2026, 11) == []
    assert sweeps.sweep_statements() == 0
    assert not Paper.objects.exists()


def test_month_without_an_earning_has_none(payee, stopped_clock):
    stopped_clock(BOOKED)

    assert sweeps.sweep_statements() == 0
