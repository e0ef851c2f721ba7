"""Not for them, with a reason in one tap (rule D4)."""

import pytest

from dispatch import offers, tasks
from dispatch.models import OfferState, Search
from mila.clock import mila_now
from tests.dispatch.steps import lapse, later, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(wanted, partner):
    return offers.open_next(wanted.pk)


def test_the_next_one_is_asked_at_once(offer, wanted, partner, rival_partner):
    declined = offers.decline(offer.pk, partner.pk, reason="pay")

    assert (declined.state, declined.decline_reason, declined.ended_at) == (
        OfferState.DECLINED,
        "pay",
        mila_now(),
    )
    run = Search.objects.get()
    assert (run.windows_ended, run.next_at) == (1, mila_now())
    assert offers.open_next(wanted.pk).technician_id == rival_partner.pk


def test_the_next_search_is_sent_after_the_commit(
    offer, partner, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(tasks.search, "delay", lambda **kwargs: sent.append(kwargs))

    with django_capture_on_commit_callbacks(execute=True):
        offers.decline(offer.pk, partner.pk, reason="pay")
        assert sent == []

    assert sent == [{"booking_id": offer.booking_id}]


def test_a_repeat_changes_nothing(offer, partner):
    offers.decline(offer.pk, partner.pk, reason="pay")
    later(seconds=5)

    again = offers.decline(offer.pk, partner.pk, reason="far")

    assert (again.decline_reason, Search.objects.get().windows_ended) == ("pay", 1)


def test_one_that_has_lapsed_stays_lapsed(offer, wanted, partner):
    lapse(offer)

    offers.decline(offer.pk, partner.pk, reason="pay")

    assert states(wanted) == ["lapsed"]


def test_somebody_elses_is_not_theirs_to_decline(offer, wanted, rival_partner):
    with pytest.raises(offers.NotOffered):
        offers.decline(offer.pk, rival_partner.pk, reason="pay")

    assert states(wanted) == ["open"]


def test_one_who_declined_is_not_asked_again(offer, wanted, partner):
    offers.decline(offer.pk, partner.pk, reason="pay")

    assert offers.open_next(wanted.pk) is None
