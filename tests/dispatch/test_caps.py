"""Addresses are not collected by taking jobs and giving them back (fault A4, C15)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import Notification
from dispatch import eligibility, matching, offers
from dispatch.models import Offer
from mila.clock import mila_now, set_clock
from requests_app import caps
from requests_app.access import reveal_contact
from requests_app.actions import visit
from requests_app.lifecycle import Role
from requests_app.models import Assignment, Booking, BookingContact, ContactAccess, State
from tests import cast, factories

DAY = timedelta(days=1)


def bookings(number):
    """On days of their own, so that one technician can do them all."""
    taken = 2 * Booking.objects.count()
    return [
        factories.placed_booking(wishes=[factories.service_day_at(9, days=3 + taken + 2 * each)])
        for each in range(number)
    ]


def collect(wanted, technician):
    """Claim, look, give back, one after the other, as fast as it goes; answers the streets that
    were seen.
    """
    seen = []
    for booking in wanted:
        offer = offers.open_next(booking.pk)
        if offer is None or offer.technician_id != technician.pk:
            continue
        try:
            claimed = offers.claim(
                booking.pk, technician.pk, rank=offer.wishes[0], by=technician.user
            )
        except caps.Paused:
            continue
        seen.append(reveal_contact(claimed, technician, reason="job page").street)
        visit.release(booking.pk, technician.pk, by=technician.user, reason="no time")
    return seen


def test_five_addresses_are_not_collected_by_claim_and_release(morning, partner):
    wanted = bookings(5)

    seen = collect(wanted, partner)

    assert len(seen) == 2
    assert ContactAccess.objects.count() == 2
    assert Notification.objects.filter(kind="paused_ops").count() == 1


def test_control_without_the_cap_all_five_are(morning, partner, monkeypatch):
    monkeypatch.setattr(caps, "is_paused", lambda *args: False)
    monkeypatch.setitem(eligibility.RULES, "takes_too_many", "false")
    monkeypatch.setattr(caps, "PAUSED", "false")

    assert len(collect(bookings(5), partner)) == 5


def test_paused_technician_is_passed_over_and_refused(morning, partner):
    collect(bookings(2), partner)
    [wanted] = bookings(1)

    with pytest.raises(caps.Paused):
        offers.tap(wanted.pk, partner.pk)

    assert matching.excluding_rule(wanted, partner.pk, mila_now()) == "takes_too_many"
    assert offers.open_next(wanted.pk) is None  # no customer waits two minutes for a refusal
    assert not Assignment.objects.filter(booking=wanted).exists()


def test_window_that_was_open_when_the_cap_was_reached_is_not_claimed(morning, partner):
    first, second, third = bookings(3)
    cast.claimed(first, partner)
    cast.claimed(second, partner)
    open_now = offers.open_next(third.pk)
    for booking in (first, second):
        visit.release(booking.pk, partner.pk, by=partner.user, reason="no time")

    with pytest.raises(caps.Paused):
        offers.claim(third.pk, partner.pk, rank=open_now.wishes[0], by=partner.user)

    third.refresh_from_db()
    assert (third.state, third.technician) == (State.SEARCHING, None)
    assert Offer.objects.get(pk=open_now.pk).state == "open"


@pytest.mark.parametrize(("later", "paused"), [(DAY - timedelta(seconds=1), True), (DAY, False)])
def test_after_a_day_they_may_take_jobs_again(later, paused, morning, partner, stopped_clock):
    stopped_clock(morning)
    collect(bookings(2), partner)
    policy = Booking.objects.first().policy

    assert caps.is_paused(partner.pk, policy, morning + later) is paused


def test_what_ops_take_away_is_not_counted(morning, partner):
    for booking in bookings(3):
        cast.claimed(booking, partner)
        visit.release(booking.pk, partner.pk, by=partner.user, reason="ill", role=Role.OPS)

    assert caps.is_paused(partner.pk, Booking.objects.first().policy, mila_now()) is False


def test_missed_promises_count_by_the_week(morning, partner):
    for booking in bookings(5):
        cast.claimed(booking, partner)
    Assignment.objects.update(ended_at=mila_now() - 3 * DAY, end="miss_call", fault=True)
    policy = Booking.objects.first().policy

    assert caps.is_paused(partner.pk, policy, mila_now()) is True
    assert caps.is_paused(partner.pk, policy, mila_now() + 4 * DAY) is False


def test_more_than_so_many_are_not_held_at_once(morning, partner):
    for booking in bookings(8):
        cast.claimed(booking, partner)
    policy = Booking.objects.first().policy

    assert offers.open_next(bookings(1)[0].pk) is None
    assert caps.is_paused(partner.pk, policy, mila_now()) is True
    assert caps.is_paused(partner.pk, policy, mila_now() + DAY) is False


def test_another_technician_is_not_paused_by_it(morning, partner, rival_partner):
    collect(bookings(2), partner)
    before = BookingContact.objects.count()

    offer = offers.open_next(bookings(1)[0].pk)

    assert offer.technician == rival_partner
    assert BookingContact.objects.count() == before + 1


def test_cap_is_the_policy_s(morning, partner):
    collect(bookings(2), partner)
    policy = replace(Booking.objects.first().policy, drops_per_day=3)

    assert caps.is_paused(partner.pk, policy, mila_now()) is False


# --- Ops are told


def drop_all(wanted, technician):
    """Held all at once, then given back one after the other."""
    for booking in wanted:
        cast.claimed(booking, technician)
    for booking in wanted:
        visit.release(booking.pk, technician.pk, by=technician.user, reason="no time")


def told():
    return Notification.objects.filter(kind="paused_ops")


def test_ops_are_told_once_a_day_and_not_of_each_drop(morning, partner):
    drop_all(bookings(4), partner)
    assert told().count() == 1

    set_clock(morning + DAY + timedelta(hours=1))
    drop_all(bookings(3), partner)
    assert told().count() == 2


def test_each_partner_has_a_message_of_their_own(morning, partner, rival_partner):
    drop_all(bookings(2), partner)
    drop_all(bookings(2), rival_partner)

    assert told().count() == 2
    assert {row.context["technician"] for row in told()} == {partner.name, rival_partner.name}


def test_technicians_of_one_company_are_one_message(morning, rival_partner):
    colleague = factories.TechnicianFactory(partner=rival_partner.partner, lat=45.80, lon=4.90)
    drop_all(bookings(2), rival_partner)
    drop_all(bookings(2), colleague)

    assert told().count() == 1
