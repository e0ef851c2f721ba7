"""The next one is asked, alone (rule D2-D4, D9)."""

from datetime import timedelta

import pytest

from accounts.models import Notification
from dispatch import matching, offers, sweeps
from dispatch.models import Offer, OfferState, Search, Trace
from mila.clock import mila_now
from requests_app.models import Booking
from tests import factories
from tests.dispatch.steps import at, lapse, later, technician
from tests.evidence import forged

pytestmark = pytest.mark.django_db
WINDOW = timedelta(minutes=2, seconds=30)


def test_the_best_gets_it_alone_for_two_minutes_and_a_half(wanted, partner, rival_partner, still):
    offer = offers.open_next(wanted.pk)

    assert (offer.technician_id, offer.state, offer.wishes) == (partner.pk, OfferState.OPEN, [1])
    assert (offer.opened_at, offer.expires_at) == (still, still + WINDOW)
    assert (offer.acknowledged_at, offer.viewed_at, offer.own_tap, offer.silent) == (
        None,
        None,
        False,
        False,
    )
    assert Offer.objects.count() == 1


def test_opening_fences_what_was_open_before(wanted, partner):
    offer = offers.open_next(wanted.pk)

    assert offer.epoch == wanted.epoch + 1 == Booking.objects.get(pk=wanted.pk).epoch


def test_they_are_told_how_far_and_until_when_and_no_more(wanted):
    technician(north_m=3_400)

    offer = offers.open_next(wanted.pk)

    notice = Notification.objects.get(kind="offer")
    assert notice.context["distance_m"] == 3_000
    assert notice.context["until_at"] == offer.expires_at.isoformat()
    assert "rue" not in str(notice.context)


def test_a_repeat_answers_the_open_window(wanted, partner, rival_partner):
    offer = offers.open_next(wanted.pk)

    assert offers.open_next(wanted.pk) == offers.open_next(wanted.pk) == offer
    assert Offer.objects.count() == Notification.objects.filter(kind="offer").count() == 1


def test_who_looks_at_another_offer_is_not_disturbed(wanted, partner, rival_partner, customer):
    other = factories.placed_booking(customer=customer)

    first, second = offers.open_next(wanted.pk), offers.open_next(other.pk)

    assert (first.technician_id, second.technician_id) == (partner.pk, rival_partner.pk)


def test_while_everybody_looks_elsewhere_it_comes_again_in_seconds(
    wanted, partner, customer, still
):
    other = factories.placed_booking(customer=customer)
    offers.open_next(wanted.pk)

    assert offers.open_next(other.pk) is None

    assert Search.objects.get(booking=other).next_at == still + timedelta(seconds=5)
    assert Booking.objects.get(pk=other.pk).state == "searching"


def test_a_window_they_got_a_moment_ago_passes_them_over(
    wanted, partner, rival_partner, customer, monkeypatch
):
    seen = matching.candidates(wanted, mila_now())
    other = factories.placed_booking(customer=customer)
    offers.open_next(other.pk)
    # read before the other window was there
    monkeypatch.setattr(matching, "candidates", lambda booking, at: seen)

    offer = offers.open_next(wanted.pk)

    assert offer.technician_id == rival_partner.pk


def test_an_access_need_makes_the_window_longer(wanted, still):
    technician(window_extra=timedelta(minutes=3))

    assert offers.open_next(wanted.pk).expires_at == still + WINDOW + timedelta(minutes=3)


def test_no_window_outlives_the_search(wanted, partner):
    end = wanted.last_start_at - timedelta(hours=1)
    run = Search.objects.create(booking=wanted, round=1, started_at=mila_now())
    candidate = matching.candidates(wanted, mila_now())[0]
    now = at(end - timedelta(minutes=1))

    offer = offers.windows.open_for(wanted, run, candidate, now)

    assert offer.expires_at == end


def test_the_next_one_after_a_lapse(wanted, partner, rival_partner):
    lapse(offers.open_next(wanted.pk))

    assert offers.open_next(wanted.pk).technician_id == rival_partner.pk


def test_after_everybody_the_first_is_asked_once_more(wanted, partner, rival_partner):
    for _ in range(2):
        lapse(offers.open_next(wanted.pk))

    assert offers.open_next(wanted.pk).technician_id == partner.pk


def test_a_newcomer_is_asked_first_but_only_once(wanted):
    wanted.policy_data["newcomer_share_percent"] = 100
    wanted.save(update_fields=["policy_data"])
    best = technician(settled_jobs=9, star_sum=50, star_count=10)
    newcomer = technician()
    technician(north_m=5_000)

    first = lapse(offers.open_next(wanted.pk))
    second = offers.open_next(wanted.pk)

    assert (first.technician_id, second.technician_id) == (newcomer.pk, best.pk)


@pytest.mark.parametrize("state", ["draft", "claimed"])
def test_nobody_is_asked_for_a_booking_that_looks_for_nobody(state, wanted, partner, customer):
    if state == "draft":
        booking = factories.DraftFactory(customer=customer)
    else:
        offer = offers.open_next(wanted.pk)
        booking = offers.claim(wanted.pk, partner.pk, rank=offer.wishes[0], by=partner.user)
    before = Offer.objects.count()

    assert offers.open_next(booking.pk) is None

    assert Offer.objects.count() == before


def test_a_booking_that_is_gone_is_an_error_the_job_logs(db):
    with pytest.raises(Booking.DoesNotExist):
        offers.open_next(0)


def test_a_state_without_a_history_begins_no_search(wanted, partner):
    with forged():
        wanted.events.all().delete()

    assert offers.open_next(wanted.pk) is None
    assert not Search.objects.exists()


def test_each_opening_begins_a_search_of_its_own_and_ends_the_former(wanted, partner, still):
    offer = offers.open_next(wanted.pk)
    # as if another event had opened it since
    Search.objects.filter(pk=offer.search_id).update(round=99)
    offers.decline(offer.pk, partner.pk, reason="time")
    later(seconds=1)

    offers.open_next(wanted.pk)

    old, new = Search.objects.order_by("pk")
    assert (old.end, old.ended_at, old.next_at) == ("superseded", mila_now(), None)
    assert (new.round, new.ended_at) == (1, None)


def test_the_trace_says_who_was_seen_and_why_others_were_not(wanted, partner, rival_partner):
    far = technician(north_m=25_000)
    rival_partner.hours.all().delete()

    offers.open_next(wanted.pk)

    # whoever waits for the offer does not wait for these counts
    assert Trace.objects.get().excluded is None
    assert sweeps.count_exclusions() == 1
    assert sweeps.count_exclusions() == 0
    trace = Trace.objects.get()
    (best,) = trace.best
    assert best["technician"] == partner.pk
    assert best["score"] == best["stars"] + best["level"] + best["reliability"] + best["nearness"]
    assert trace.excluded == {"too_far": 1, "hours": 1}
    assert matching.excluding_rule(wanted, far.pk, trace.at) == "too_far"
    assert trace.inputs["near"] == [45.75, 4.85]
    assert len(trace.inputs["policy"]) == 12
