"""A window of their own: at once, or in line (rule D5, D6)."""

from datetime import timedelta

import pytest

from accounts.models import Notification
from accounts.search import refresh_search_rows
from dispatch import matching, offers
from dispatch.models import Offer, OfferState, Search
from dispatch.offers import tapping
from mila.clock import mila_now
from tests import factories
from tests.dispatch.steps import at, lapse, later, pooled, states, technician

pytestmark = pytest.mark.django_db


def test_one_who_let_it_lapse_gets_it_back_at_once(wanted, partner, still):
    lapse(offers.open_next(wanted.pk))

    offer = offers.tap(wanted.pk, partner.pk)

    assert (offer.state, offer.own_tap, offer.viewed_at) == (OfferState.OPEN, True, mila_now())
    assert offer.expires_at == mila_now() + timedelta(minutes=2)
    # they are looking already
    assert not Notification.objects.filter(round=offer.epoch, kind="offer").exists()


def test_a_repeat_returns_their_open_window(wanted, partner):
    lapse(offers.open_next(wanted.pk))

    assert offers.tap(wanted.pk, partner.pk) == offers.tap(wanted.pk, partner.pk)

    assert states(wanted) == ["lapsed", "open"]


def test_twice_and_no_more(wanted, partner, rival_partner):
    lapse(offers.open_next(wanted.pk))
    for _ in range(2):
        lapse(offers.tap(wanted.pk, partner.pk))

    with pytest.raises(offers.TapsUsed):
        offers.tap(wanted.pk, partner.pk)


def test_while_another_looks_they_are_next_in_line(wanted, partner, rival_partner):
    lapse(offers.open_next(wanted.pk))
    offers.open_next(wanted.pk)

    for _ in range(2):
        with pytest.raises(offers.WindowHeld):
            offers.tap(wanted.pk, partner.pk)

    assert states(wanted) == ["lapsed", "open", "queued"]


def test_a_repeat_in_line_with_one_own_window_used_is_still_in_line(wanted, partner, rival_partner):
    lapse(offers.open_next(wanted.pk))
    lapse(offers.tap(wanted.pk, partner.pk))
    offers.open_next(wanted.pk)

    for _ in range(3):
        with pytest.raises(offers.WindowHeld):
            offers.tap(wanted.pk, partner.pk)

    assert states(wanted).count("queued") == 1


def test_the_next_in_line_comes_before_anyone_new(wanted, partner, rival_partner):
    best = technician(star_sum=50, star_count=10)
    held = pool_window(wanted, best)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    offers.decline(held.pk, best.pk, reason="far")

    offer = offers.open_next(wanted.pk)

    assert (offer.technician_id, offer.own_tap, offer.viewed_at) == (rival_partner.pk, True, None)
    assert Notification.objects.filter(
        kind="offer", round=offer.epoch, user=rival_partner.user
    ).exists()
    assert states(wanted) == ["declined", "withdrawn", "open"]


def pool_window(booking, who):
    pooled(booking)
    return offers.tap(booking.pk, who.pk)


def test_a_new_tap_does_not_pass_the_line(wanted, partner, rival_partner):
    third = technician()
    held = pool_window(wanted, partner)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    offers.decline(held.pk, partner.pk, reason="far")

    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, third.pk)

    assert Offer.objects.get(booking=wanted, state="open").technician_id == rival_partner.pk
    assert Offer.objects.get(booking=wanted, state="queued").technician_id == third.pk


def test_the_first_in_line_who_taps_again_gets_their_window(wanted, partner, rival_partner):
    held = pool_window(wanted, partner)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    offers.decline(held.pk, partner.pk, reason="far")

    assert offers.tap(wanted.pk, rival_partner.pk).state == OfferState.OPEN


def test_a_place_far_down_the_ranking_is_kept_in_line(wanted, partner):
    last = technician(north_m=15_000, promises_broken=30)
    held = pool_window(wanted, partner)
    for _ in range(25):
        technician()
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, last.pk)
    offers.decline(held.pk, partner.pk, reason="far")

    assert offers.open_next(wanted.pk).technician_id == last.pk


def test_who_can_no_longer_come_leaves_the_line(wanted, partner, rival_partner):
    held = pool_window(wanted, partner)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    rival_partner.hours.all().delete()
    offers.decline(held.pk, partner.pk, reason="far")

    assert offers.open_next(wanted.pk) is None

    assert states(wanted) == ["declined", "withdrawn"]


def test_who_looks_at_another_offer_keeps_their_place(wanted, partner, rival_partner, customer):
    held = pool_window(wanted, partner)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    other = factories.placed_booking(customer=customer)
    elsewhere = offers.open_next(other.pk)
    assert elsewhere.technician_id == rival_partner.pk
    offers.decline(held.pk, partner.pk, reason="far")

    assert offers.open_next(wanted.pk) is None
    offers.decline(elsewhere.pk, rival_partner.pk, reason="far")

    assert offers.open_next(wanted.pk).technician_id == rival_partner.pk


def test_a_window_they_got_a_moment_ago_keeps_their_place(
    wanted, partner, rival_partner, customer, monkeypatch
):
    held = pool_window(wanted, partner)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    seen = matching.fitting_bookings(rival_partner.pk, [wanted.pk], mila_now())
    offers.open_next(factories.placed_booking(customer=customer).pk)
    offers.decline(held.pk, partner.pk, reason="far")
    # read before the other window was there
    monkeypatch.setattr(matching, "fitting_bookings", lambda *_: seen)

    assert offers.open_next(wanted.pk) is None

    assert states(wanted) == ["declined", "queued"]


def test_the_same_moment_at_their_own_tap_is_refused(wanted, partner, customer, monkeypatch):
    pooled(wanted)
    seen = matching.fitting_bookings(partner.pk, [wanted.pk], mila_now())
    offers.open_next(factories.placed_booking(customer=customer).pk)
    monkeypatch.setattr(matching, "fitting_bookings", lambda *_: seen)

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, partner.pk)

    assert states(wanted) == []


def test_a_window_that_ends_while_they_line_up_is_their_turn(
    wanted, partner, rival_partner, monkeypatch
):
    held, line_up = pool_window(wanted, partner), tapping._line_up

    def and_then_it_ends(booking_id, technician_id):
        line_up(booking_id, technician_id)
        offers.decline(held.pk, partner.pk, reason="far")

    monkeypatch.setattr(tapping, "_line_up", and_then_it_ends)

    assert offers.tap(wanted.pk, rival_partner.pk).state == OfferState.OPEN


def test_a_window_whose_time_is_over_stands_in_nobodys_way(wanted, partner, rival_partner):
    pooled(wanted)
    held = offers.tap(wanted.pk, partner.pk)
    at(held.expires_at)  # no sweep has been by

    offer = offers.tap(wanted.pk, rival_partner.pk)

    assert (offer.technician_id, offer.state) == (rival_partner.pk, OfferState.OPEN)
    assert states(wanted) == ["lapsed", "open"]


def test_their_own_window_that_is_over_neither(wanted, partner):
    pooled(wanted)
    held = offers.tap(wanted.pk, partner.pk)
    at(held.expires_at)

    offer = offers.tap(wanted.pk, partner.pk)

    assert offer != held
    assert states(wanted) == ["lapsed", "open"]


def test_a_fenced_window_stands_in_nobodys_way(wanted, partner, rival_partner):
    pooled(wanted)
    held = offers.tap(wanted.pk, partner.pk)
    Offer.objects.filter(pk=held.pk).update(epoch=held.epoch - 1)

    assert offers.tap(wanted.pk, rival_partner.pk).technician_id == rival_partner.pk

    assert states(wanted) == ["withdrawn", "open"]


def test_what_was_never_shown_to_them_is_not_open_to_them(wanted, partner, rival_partner):
    offers.open_next(wanted.pk)

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, rival_partner.pk)

    assert states(wanted) == ["open"]


def test_what_they_declined_is_not_open_to_them(wanted, partner, rival_partner):
    offer = offers.open_next(wanted.pk)
    offers.decline(offer.pk, partner.pk, reason="pay")

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, partner.pk)


def test_who_may_not_be_asked_may_not_tap(wanted, partner):
    pooled(wanted)
    partner.partner.suspended_at, partner.partner.suspension_reason = mila_now(), "No show"
    partner.partner.save()
    refresh_search_rows(partner)

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, partner.pk)


def test_who_looks_at_another_offer_may_not_tap(wanted, partner, customer):
    pooled(wanted)
    offers.open_next(factories.placed_booking(customer=customer).pk)

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, partner.pk)


def test_a_search_that_has_ended_is_not_open(wanted, partner):
    pooled(wanted)
    Search.objects.update(ended_at=mila_now())

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, partner.pk)


def test_a_booking_somebody_has_is_taken(wanted, partner, rival_partner):
    pooled(wanted)
    offer = offers.tap(wanted.pk, partner.pk)
    offers.claim(wanted.pk, partner.pk, rank=offer.wishes[0], by=partner.user)
    later(seconds=1)

    for who in (partner, rival_partner):
        with pytest.raises(offers.OfferTaken):
            offers.tap(wanted.pk, who.pk)
