"""A partner's month on paper, once it is over (rule M5, M8)."""

from datetime import UTC, datetime, timedelta

import pytest

from papers import actions, sweeps
from papers.models import Paper, StatedMonth
from tests.papers import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
DECEMBER = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)  # midnight in Paris


@pytest.fixture
def month(payer, payee, stopped_clock):
    charges = [cast.paid_job(payer, payee, service_cents=cents) for cents in (6900, 4999)]
    stopped_clock(DECEMBER)
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


def test_month_is_finished_with_an_hour_later_and_not_looked_through_again(
    month, stopped_clock, monkeypatch
):
    sweeps.sweep_statements()
    sweeps.sweep_statements()
    assert not StatedMonth.objects.exists()

    stopped_clock(DECEMBER + timedelta(hours=1))
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
    stopped_clock(DECEMBER)

    assert sweeps.sweep_statements() == 0
