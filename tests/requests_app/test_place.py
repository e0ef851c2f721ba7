"""Ordering freezes the price and begins the search, once (rule B6, B7)."""

from datetime import datetime, timedelta

import pytest

from catalogue.models import Service
from requests_app.actions import changes, drafting, placing
from requests_app.lifecycle import IllegalMove, Role
from requests_app.models import BookingContact, ClockKind, QuoteOrigin, State
from tests import factories
from tests.requests_app.booking_states import effects, moves, refused, told, unchanged


def place(draft, **kwargs):
    return placing.place(
        draft.pk, role=kwargs.pop("role", Role.CUSTOMER), by=draft.customer, **kwargs
    )


def test_order_freezes_version_1_and_searches(now):
    friday, saturday = factories.service_day_at(14), factories.service_day_at(9, days=4)
    draft = factories.DraftFactory(wishes=[saturday, friday])

    booking = place(draft)

    assert (booking.state, booking.placed_at, booking.due_at) == (
        State.SEARCHING,
        now,
        saturday - timedelta(hours=1),
    )
    quote = booking.quotes.get()
    assert (
        quote.version,
        quote.origin,
        quote.service_cents,
        quote.accepted_at,
        quote.accepted_by_payer,
    ) == (
        1,
        QuoteOrigin.BOOKING,
        6900,
        now,
        True,
    )
    assert [(line.label, line.cents) for line in quote.lines.all()] == [("Wi-Fi lent", 6900)]
    assert list(booking.clocks.values_list("kind", "due_at")) == [
        (ClockKind.SEARCH_WARNING, saturday - timedelta(hours=3))
    ]
    assert moves(booking) == ["place"]
    assert effects() == ["dispatch.search"]
    assert told(booking) == ["booked"]
    assert booking.withdrawal_waived_at is None


def test_words_of_the_price_are_the_customer_s(now):
    draft = factories.DraftFactory(language="de")
    Service.objects.update(name_de="Langsames WLAN")

    booking = place(draft)

    assert booking.quotes.get().lines.get().label == "Langsames WLAN"


def test_waiver_is_kept_with_its_instant(now):
    assert place(factories.DraftFactory(), waives_withdrawal=True).withdrawal_waived_at == now


def test_repeat_changes_nothing(now):
    booking = place(factories.DraftFactory())

    with unchanged(booking):
        assert place(booking).state == State.SEARCHING


def test_repeat_after_the_search_has_ended_returns_the_booking(now):
    booking = place(factories.DraftFactory())
    changes.cancel(booking.pk, role=Role.CUSTOMER, by=None)

    with unchanged(booking):
        assert place(booking).state == State.CANCELLED


def test_draft_without_wishes_is_refused(now):
    draft = factories.DraftFactory()
    draft.wishes.all().delete()

    with refused(draft, drafting.Incomplete):
        place(draft)


@pytest.mark.parametrize("missing", [{"postcode": ""}, {"customer": None}])
def test_incomplete_draft_is_refused(missing, now):
    draft = factories.DraftFactory(**missing)

    with refused(draft, drafting.Incomplete):
        place(draft)


def test_draft_without_a_street_is_refused(now):
    draft = factories.DraftFactory()
    BookingContact.objects.update(street="")

    with refused(draft, drafting.Incomplete):
        place(draft)


def test_draft_without_a_card_is_refused(now):
    draft = factories.DraftFactory(card="")

    with refused(draft, placing.CardMissing):
        place(draft)


@pytest.mark.parametrize(
    ("early", "possible"), [(timedelta(), True), (timedelta(seconds=-1), False)]
)
def test_wish_that_has_become_too_soon_is_refused(early, possible, now, stopped_clock):
    draft = factories.DraftFactory()
    stopped_clock(draft.first_start_at - timedelta(hours=2) - early)

    if possible:
        assert place(draft).state == State.SEARCHING
    else:
        with refused(draft, placing.WishPassed):
            place(draft)


def test_cancelled_draft_is_refused(now):
    draft = factories.DraftFactory()
    changes.cancel(draft.pk, role=Role.CUSTOMER, by=None)

    with refused(draft, IllegalMove):
        place(draft)


@pytest.mark.parametrize("role", [Role.PARTNER, Role.SYSTEM])
def test_only_those_who_wish_may_order(role, now):
    draft = factories.DraftFactory()

    with refused(draft, IllegalMove):
        place(draft, role=role)


def warning_of(booking):
    return booking.clocks.get(kind=ClockKind.SEARCH_WARNING, done_at=None).due_at


def test_the_warning_never_comes_within_half_an_hour_of_the_order(now):
    soon = factories.DraftFactory(wishes=[now + timedelta(hours=2)])

    booking = place(soon)

    assert warning_of(booking) == now + timedelta(minutes=30)


def test_times_that_were_just_chosen_anew_are_not_doubted_at_once(now, stopped_clock):
    booking = place(factories.DraftFactory())
    stopped_clock(now + timedelta(hours=1))

    changes.move(booking.pk, [datetime(2026, 11, 24, 13)], role=Role.CUSTOMER, by=booking.customer)

    assert warning_of(booking) == now + timedelta(minutes=90)
