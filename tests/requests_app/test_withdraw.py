"""A French consumer's right of withdrawal: its days, its price, its end (rule B10, M9; law R5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from accounts.models import CalendarEntry, Notification
from mila.clock import mila_now
from requests_app import statement, withdrawal
from requests_app.actions import signing, visit
from requests_app.actions.changes import AddressNotProved, CostChanged
from requests_app.actions.withdrawing import NotMet, WithdrawalOver, withdraw
from requests_app.lifecycle import CUSTOMER, MOVES, OPS, IllegalMove
from requests_app.models import Booking, Quote, QuoteOrigin, State, last_made_at
from tests.cast import walk
from tests.requests_app.booking_states import (
    agreed_version,
    booking_in,
    effects,
    refused,
    told,
    unchanged,
)

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
BEFORE_START = sorted(
    MOVES["withdraw"].sources - {State.IN_PROGRESS, State.FINISHED, State.CONTESTED}
)


def by_customer(booking, cents=0):
    return withdraw(booking.pk, role=CUSTOMER, by=None, accepted_cost_cents=cents)


def at_work(partner, now, stopped_clock, minutes, **columns):
    """So many minutes after `start`; the early start was asked for."""
    booking = booking_in(
        State.IN_PROGRESS, partner, now, **{"withdrawal_waived_at": now, **columns}
    )
    stopped_clock(now + minutes * MINUTE)
    return booking


# --- Its days


@pytest.mark.parametrize(
    ("ordered", "last"),
    [
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), date(2026, 12, 8)),
        # already the 25th in Paris
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), date(2026, 12, 9)),
        # the 14th day is a Saturday
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), date(2026, 12, 14)),
        # Christmas, then Saturday and Sunday
        (datetime(2026, 12, 11, 9, 0, tzinfo=UTC), date(2026, 12, 28)),
    ],
)
def test_last_day_is_a_working_day_after_14_whole_days(ordered, last, now, partner):
    booking = booking_in(State.SEARCHING, partner, now, placed_at=ordered)

    assert withdrawal.last_day(booking) == last


def test_right_ends_with_the_midnight_after_its_last_day(now, partner):
    booking = booking_in(State.SEARCHING, partner, now, placed_at=now)
    midnight = datetime(2026, 12, 8, 23, 0, tzinfo=UTC)

    assert withdrawal.may_withdraw(booking, midnight - SECOND)
    assert not withdrawal.may_withdraw(booking, midnight)


def test_days_count_from_the_claim_with_a_friend_and_from_the_order_with_a_pro(
    now, partner, rival_partner
):
    """Rule M9: whose contract it is says when it was made."""
    friends = booking_in(State.CLAIMED, partner, now, placed_at=now - 3 * DAY)
    pros = booking_in(State.CLAIMED, rival_partner, now, placed_at=now - 5 * DAY)

    assert withdrawal.last_day(friends) == date(2026, 12, 8)
    assert withdrawal.last_day(pros) == date(2026, 12, 3)


def test_switzerland_knows_no_such_right(now, partner):
    booking = booking_in(
        State.CLAIMED, partner, now, country="CH", currency="CHF", timezone="Europe/Zurich"
    )

    with refused(booking, WithdrawalOver):
        by_customer(booking)


def test_after_its_last_day_it_is_refused(now, partner, stopped_clock):
    booking = booking_in(State.SEARCHING, partner, now, placed_at=now)
    stopped_clock(withdrawal.ends_at(booking))

    with refused(booking, WithdrawalOver):
        by_customer(booking)


@pytest.mark.parametrize("state", sorted(set(State) - MOVES["withdraw"].sources))
def test_before_the_order_and_from_the_signature_on_there_is_none(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        by_customer(booking)


# --- What it costs


@pytest.mark.parametrize("state", BEFORE_START)
def test_nothing_before_the_work_begins(state, now, partner):
    """Departed, or at the door, as well."""
    ended = by_customer(booking_in(state, partner, now, withdrawal_waived_at=now))

    assert (ended.state, ended.fee_cents) == (State.CANCELLED, 0)


@pytest.mark.parametrize(
    ("minutes", "cents"),
    [(0, 0), (1, 115), (20, 2300), (30, 3450), (59, 6785), (60, 6900), (200, 6900)],
)
def test_price_by_the_minutes_at_most_the_accepted_version(
    minutes, cents, now, partner, stopped_clock
):
    """69.00 for 60 planned minutes."""
    booking = at_work(partner, now, stopped_clock, minutes)

    assert withdrawal.cost_cents(booking, mila_now()) == cents
    assert by_customer(booking, cents).fee_cents == cents


def test_longer_work_costs_up_to_the_accepted_version_and_no_open_proposal_counts(
    now, partner, stopped_clock
):
    booking = at_work(partner, now, stopped_clock, 120)
    for version, cents, accepted_at in ((2, 8900, now), (3, 15000, None)):
        Quote.objects.create(
            booking=booking,
            version=version,
            origin=QuoteOrigin.PARTNER,
            service_cents=cents,
            created_at=now,
            accepted_at=accepted_at,
        )

    assert withdrawal.cost_cents(booking, mila_now()) == 8900


def test_without_the_wish_to_begin_early_nothing_is_owed(now, partner, stopped_clock):
    booking = at_work(partner, now, stopped_clock, 40, withdrawal_waived_at=None)

    assert by_customer(booking).fee_cents == 0


def test_longer_work_is_paid_by_the_price_that_was_agreed_for_it(now, partner, stopped_clock):
    """Accepting more may not make leaving cheaper: 100.00 for 120 minutes, half of them worked."""
    booking = at_work(partner, now, stopped_clock, 60)
    agreed_version(booking, 2, 10_000)
    Booking.objects.filter(pk=booking.pk).update(duration_minutes=120)
    booking.refresh_from_db()

    assert withdrawal.cost_cents(booking, mila_now()) == 5_000


def test_declined_offer_of_less_work_lowers_nothing(now, partner, stopped_clock):
    booking = at_work(partner, now, stopped_clock, 60)
    Quote.objects.create(
        booking=booking,
        version=2,
        origin=QuoteOrigin.PARTNER,
        service_cents=2_000,
        created_at=now,
        declined_at=now,
    )

    assert withdrawal.cost_cents(booking, mila_now()) == 6_900


def test_after_the_work_is_reported_all_of_it_is_owed(searching, partner, stopped_clock):
    """Done is done: who withdraws instead of signing pays what signing would, without the booking
    fee.
    """
    Booking.objects.filter(pk=searching.pk).update(withdrawal_waived_at=mila_now())
    booking = walk(searching, partner, State.IN_PROGRESS)
    begun_at = last_made_at(booking, "start")
    stopped_clock(begun_at + 20 * MINUTE)
    report = {"done": "Canal changé", "explained": True, "tidied": True}
    booking = visit.finish(booking.pk, partner.pk, by=partner.user, report=report)
    stopped_clock(begun_at + 55 * MINUTE)

    assert withdrawal.cost_cents(booking, mila_now()) == booking.service_cents


def test_who_has_said_that_something_is_wrong_may_still_withdraw_for_the_minutes_until_then(
    searching, partner, stopped_clock
):
    Booking.objects.filter(pk=searching.pk).update(withdrawal_waived_at=mila_now())
    booking = walk(searching, partner, State.IN_PROGRESS)
    begun_at = last_made_at(booking, "start")
    stopped_clock(begun_at + 20 * MINUTE)
    signing.refuse(booking.pk, by=None, reason="Nobody works here")
    stopped_clock(begun_at + 55 * MINUTE)
    booking.refresh_from_db()

    cents = withdrawal.cost_cents(booking, mila_now())
    assert cents == round(booking.service_cents * 20 / booking.duration_minutes)
    assert by_customer(booking, cents).fee_cents == cents


def test_staff_record_no_withdrawal_that_costs_on_a_tap_alone(now, partner, stopped_clock, staff):
    booking = at_work(partner, now, stopped_clock, 40)

    with refused(booking, NotMet):
        withdraw(booking.pk, role=OPS, by=staff, reason="By letter")


def test_what_was_shown_is_charged_for_some_minutes_and_then_shown_again(
    now, partner, stopped_clock
):
    """The cost grows while somebody reads; a page of half an hour ago binds nobody."""
    booking = at_work(partner, now, stopped_clock, 16)
    with refused(booking, CostChanged):
        by_customer(booking, 10 * 115)

    stopped_clock(now + 15 * MINUTE)

    assert by_customer(booking, 10 * 115).fee_cents == 10 * 115


def test_more_than_it_costs_is_never_taken(now, partner, stopped_clock):
    assert by_customer(at_work(partner, now, stopped_clock, 20), 999_999).fee_cents == 2300


def test_who_has_not_proved_the_address_ends_nothing_that_costs(now, partner, stopped_clock):
    """Rule B12."""
    booking = at_work(partner, now, stopped_clock, 20, email_proved_at=None)

    with refused(booking, AddressNotProved):
        by_customer(booking, 2300)


# --- What follows


def test_both_sides_are_told_and_the_time_is_free(now, partner, stopped_clock):
    booking = at_work(partner, now, stopped_clock, 20)

    ended = by_customer(booking, 2300)

    ended = Booking.objects.get(pk=ended.pk)
    assert (ended.state, ended.technician, ended.due_at) == (State.CANCELLED, None, None)
    assert not CalendarEntry.objects.exists()
    assert ended.assignments.get().fault is False
    assert effects() == ["dispatch.withdraw", "payments.charge"]
    assert told(ended) == ["job_withdrawn", "withdrawn"]
    receipt = Notification.objects.get(kind="withdrawn").context
    assert (receipt["fee_cents"], receipt["withdrawn_at"]) == (2300, mila_now().isoformat())
    share = Notification.objects.get(kind="job_withdrawn").context
    assert (share["fee_cents"], share["fee_share_cents"]) == (2300, 1840)


def test_repeat_changes_nothing(now, partner, stopped_clock):
    booking = at_work(partner, now, stopped_clock, 20)
    by_customer(booking, 2300)

    stopped_clock(now + 3 * HOUR)

    with unchanged(booking):
        by_customer(booking)


def test_staff_enter_what_came_by_letter_at_its_own_instant(now, partner, staff, stopped_clock):
    booking = at_work(partner, now, stopped_clock, 50)

    booking.assignments.update(code_typed_at=now)
    ended = withdraw(
        booking.pk, role=OPS, by=staff, declared_at=now + 20 * MINUTE, reason="Letter of Tuesday"
    )

    assert ended.fee_cents == 2300
    assert (ended.events.last().role, ended.events.last().by, ended.end_reason) == (
        "ops",
        staff,
        "Letter of Tuesday",
    )


def test_staff_cannot_date_it_into_the_future(now, partner, staff, stopped_clock):
    booking = at_work(partner, now, stopped_clock, 20)

    booking.assignments.update(code_typed_at=now)
    assert (
        withdraw(booking.pk, role=OPS, by=staff, declared_at=now + DAY, reason="x").fee_cents
        == 2300
    )


@pytest.mark.parametrize(
    ("country", "currency", "said"), [("FR", "EUR", True), ("CH", "CHF", False)]
)
def test_page_to_sign_says_that_the_right_ends_with_the_signature(
    country, currency, said, now, partner
):
    """What is signed says it, in the words that are kept."""
    booking = booking_in(
        State.FINISHED, partner, now, finished_at=now, country=country, currency=currency
    )

    with translation.override("en"):
        text = statement.text(booking, booking.quotes.get())

    assert ("with my signature my right of withdrawal ends" in text) == said


def test_once_the_right_is_over_the_signature_says_nothing_of_it(now, rival_partner):
    booking = booking_in(
        State.FINISHED, rival_partner, now, finished_at=now, placed_at=now - 20 * DAY
    )

    with translation.override("en"):
        assert "withdrawal" not in statement.text(booking, booking.quotes.get())
