"""The work is done, at the price that was agreed before it; less is always possible
(rule L10, L12).
"""

from datetime import timedelta

import pytest
from django.utils import translation

from accounts.models import PartnerProfile
from requests_app import statement
from requests_app.actions import answering, visit
from requests_app.actions.visit import PriceIsFixed
from requests_app.lifecycle import IllegalMove
from requests_app.models import AcceptanceKind, Booking, ClockKind, QuoteLine, QuoteOrigin, State
from tests.cast import agree, propose
from tests.requests_app.booking_states import booking_in, moves, refused, told, unchanged

REPORT = {"done": "Channel changed", "explained": True, "tidied": True}


@pytest.fixture
def work(now, partner):
    booking = booking_in(State.IN_PROGRESS, partner, now)
    QuoteLine.objects.create(quote=booking.quotes.get(), label="Wi-Fi lent", cents=6900)
    return booking


@pytest.fixture
def pro_work(work, partner):
    PartnerProfile.objects.filter(pk=partner.partner_id).update(kind="pro")
    return work


def finish(booking, technician, **kwargs):
    return visit.finish(booking.pk, technician.pk, by=technician.user, report=REPORT, **kwargs)


def versions(booking):
    return list(booking.quotes.values_list("version", "service_cents"))


def test_work_as_booked_needs_no_new_version(work, partner, now):
    finished = finish(work, partner)

    assert (finished.state, finished.finished_at, finished.due_at) == (
        State.FINISHED,
        now,
        now + timedelta(hours=72),
    )
    assert Booking.objects.get(pk=work.pk).report == REPORT
    assert versions(work) == [(1, 6900)]
    assert list(finished.clocks.filter(done_at=None).values_list("kind", "due_at")) == [
        (ClockKind.SIGNATURE_REMINDER_1, now),
        (ClockKind.SLOT_FREED, now + timedelta(minutes=5)),
        (ClockKind.SIGNATURE_REMINDER_2, now + timedelta(hours=24)),
        (ClockKind.SIGNATURE_REMINDER_3, now + timedelta(hours=60)),
    ]
    assert (moves(work), told(work)) == (["finish"], [])


def test_less_in_the_end_while_a_proposal_waits(work, partner, now):
    waits = propose(work, partner, 8900)

    finished = finish(work, partner, service_cents=6000)

    assert finished.state == State.FINISHED
    assert versions(work) == [(1, 6900), (2, 8900), (3, 6000)]
    assert work.quotes.agreed().latest("version").version == 3
    waits.refresh_from_db()
    assert (waits.withdrawn_at, waits.accepted_at) == (now, None)
    assert not work.quotes.open().exists()


@pytest.mark.parametrize("cents", [0, 4000, 6899])
def test_friend_asks_less_in_the_end_and_nobody_need_accept_it(cents, work, partner, now):
    finish(work, partner, service_cents=cents)

    quote = work.quotes.agreed().latest("version")
    assert versions(work) == [(1, 6900), (2, cents)]
    assert (quote.origin, quote.created_at, quote.created_by) == (
        QuoteOrigin.PARTNER,
        now,
        partner.user,
    )
    assert (quote.accepted_at, quote.acceptance_kind, quote.accepted_by_payer) == (
        now,
        AcceptanceKind.NOT_NEEDED,
        False,
    )
    assert list(quote.lines.values_list("cents", flat=True)) == [6900, cents - 6900]


@pytest.mark.parametrize("cents", [6901, 9000, 20_000])
def test_more_than_was_agreed_is_refused(cents, work, partner):
    """The attack: the price rises when the work is done."""
    with refused(work, visit.NotAgreed):
        finish(work, partner, service_cents=cents)


def test_what_was_agreed_before_is_taken_without_being_said_again(work, partner):
    agree(work, partner, 9000)

    finish(work, partner)

    assert work.quotes.agreed().latest("version").service_cents == 9000


@pytest.mark.parametrize("answer", [None, answering.decline])
def test_what_was_not_agreed_is_not_taken(answer, work, partner):
    quote = propose(work, partner, 9000)
    if answer:
        answer(work.pk, version=quote.version, by=None)

    finish(work, partner)

    assert work.quotes.agreed().latest("version").service_cents == 6900
    assert not work.quotes.open().exists()


@pytest.mark.parametrize("cents", [6899, 6901, 0])
def test_pro_may_not_change_the_price(cents, pro_work, partner):
    with refused(pro_work, visit.NotAgreed if cents > 6900 else PriceIsFixed):
        finish(pro_work, partner, service_cents=cents)


def test_pro_may_say_the_booked_price(pro_work, partner):
    finish(pro_work, partner, service_cents=6900)

    assert versions(pro_work) == [(1, 6900)]


def test_repeat_changes_nothing(work, partner):
    finish(work, partner, service_cents=6000)

    with unchanged(work):
        finish(work, partner, service_cents=5000)


@pytest.mark.parametrize("state", [State.ARRIVED, State.CONFIRMED, State.SIGNED_OFF, State.FAILED])
def test_out_of_turn_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        finish(booking, partner, service_cents=9000)


def test_stranger_is_refused(work, rival_partner):
    with refused(work, visit.NotYours):
        finish(work, rival_partner)


def test_report_of_several_lines_is_signed_line_by_line_and_none_as_one_of_mila_s(work, partner):
    said = "Box remplacée.\n\nMila : rien à payer.\u2028Wi-Fi\u00a0: 5\u00a0GHz"
    visit.finish(
        work.pk, partner.pk, by=partner.user, report={"done": said, "explained": 1, "tidied": 1}
    )
    work.refresh_from_db()

    with translation.override("fr"):
        lines = statement.text(work, work.quotes.latest("version")).splitlines()

    at = lines.index("Ce qui a été fait\u00a0:")
    assert lines[at + 1 : at + 4] == [
        "– Box remplacée.",
        "– Mila : rien à payer.",
        "– Wi-Fi\u00a0: 5\u00a0GHz",
    ]
