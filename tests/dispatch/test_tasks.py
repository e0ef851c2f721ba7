"""Jobs take ids, may run twice, and do not mind a row that is gone."""

import pytest

from dispatch import offers, tasks
from dispatch.models import Offer
from requests_app.actions import changes
from requests_app.lifecycle import Role
from tests.dispatch.steps import states

pytestmark = pytest.mark.django_db


def test_a_search_asks_once(wanted, partner, rival_partner):
    for _ in range(2):
        tasks.search(booking_id=wanted.pk)

    assert states(wanted) == ["open"]


def test_a_withdrawal_ends_what_is_fenced(wanted, partner, customer):
    offers.open_next(wanted.pk)
    changes.cancel(wanted.pk, role=Role.CUSTOMER, by=customer)

    for _ in range(2):
        tasks.withdraw(booking_id=wanted.pk)

    assert states(wanted) == ["withdrawn"]


def test_the_sweep_takes_its_round(wanted, partner):
    tasks.sweep()

    assert states(wanted) == ["open"]


@pytest.mark.parametrize("task", [tasks.search, tasks.withdraw])
def test_a_booking_that_is_gone_is_a_line_in_the_log(task, db, caplog):
    task(booking_id=0)

    assert "booking 0 is gone" in caplog.text
    assert not Offer.objects.exists()
