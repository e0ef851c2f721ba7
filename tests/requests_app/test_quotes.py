"""More or other work: proposed, accepted or declined before it is done, and what falls with what
(rule B8, L10).
"""

from datetime import timedelta

import pytest

from accounts.models import CalendarEntry, CalendarEntryKind, Notification, PartnerProfile
from catalogue.models import Package
from requests_app import price_versions
from requests_app.actions import answering, assigning, changes, quoting, visit
from requests_app.actions.answering import Answer
from requests_app.actions.notes import HoldsPassword
from requests_app.actions.visit import NotYours, PriceIsFixed
from requests_app.lifecycle import IllegalMove, Role
from requests_app.models import NEGOTIABLE, AcceptanceKind, Booking, ClockKind, State
from tests import factories
from tests.cast import agree, next_wall, number_of, propose, walk
from tests.requests_app.booking_states import booking_in, refused, told, unchanged
from tests.requests_app.quote_steps import agreed, on_screen, work

__all__ = ["work"]  # fixtures


CEILING = 10_350  # 150 % of 69 euros


@pytest.fixture
def pro_work(work, partner):
    PartnerProfile.objects.filter(pk=partner.partner_id).update(kind="pro")
    return Booking.objects.get(pk=work.pk)


def slot(booking):
    return CalendarEntry.objects.get(assignment__booking=booking).during


# --- Proposing


def test_proposal_waits_and_changes_nothing_yet(work, partner):
    quote = propose(work, partner, 8900, own=[("A new cable", 600)], more_minutes=30)

    assert quote.is_open
    assert (quote.version, quote.service_cents, quote.duration_minutes) == (2, 9500, 90)
    assert agreed(work) == (1, 6900)
    assert Booking.objects.get(pk=work.pk).duration_minutes == 60
    assert "price_proposed" in told(work)
    assert [
        (one.label, one.before_cents, one.after_cents) for one in _differences(work, quote)
    ] == [
        ("Wi-Fi lent", 6900, 8900),
        ("A new cable", None, 600),
    ]


def _differences(booking, quote):
    return price_versions.differences(price_versions.agreed(booking), quote)


def test_sent_twice_is_one_proposal(work, partner):
    first = propose(work, partner, 8900, key="the-same")

    with unchanged(work):
        assert propose(work, partner, 9900, key="the-same") == first


def test_next_proposal_takes_the_place_of_the_one_that_waits(work, partner):
    first = propose(work, partner, 8900)
    second = propose(work, partner, 8000)

    first.refresh_from_db()
    assert (first.status, second.status) == ("fell", "open")
    with refused(work, answering.ProposalGone):
        answering.accept(work.pk, version=first.version, by=None)


@pytest.mark.parametrize("state", sorted(State))
def test_from_the_call_to_the_end_of_the_work(state, now, partner):
    if state in (State.DRAFT, State.SEARCHING, State.UNFILLED, State.CANCELLED):
        booking = booking_in(state, partner, now)
        with refused(booking, NotYours):
            propose(booking, partner, 8000)
        return
    booking = booking_in(state, partner, now)

    if state in NEGOTIABLE:
        assert propose(booking, partner, 8000).is_open
        return
    with refused(booking, IllegalMove):
        propose(booking, partner, 8000)


def test_negotiable_is_what_lies_between_the_call_and_the_end():
    expected = {
        State.CALLED,
        State.UNCONFIRMED,
        State.CONFIRMED,
        State.EN_ROUTE,
        State.ARRIVED,
        State.IN_PROGRESS,
    }

    assert expected == NEGOTIABLE


def test_stranger_proposes_nothing(work, rival_partner):
    with refused(work, NotYours):
        propose(work, rival_partner, 8000)


def test_page_left_open_proposes_nothing_over_what_was_agreed_since(work, partner):
    agree(work, partner, 8000)

    with refused(work, quoting.AgreedMeanwhile):
        quoting.propose(
            work.pk, partner.pk, by=partner.user, key="old", agreed_version=1,
            wanted=quoting.Wanted(service_cents=9000), reason="x",
        )  # fmt: skip


def test_what_is_agreed_already_is_no_proposal(work, partner):
    with refused(work, quoting.NothingNew):
        propose(work, partner, 6900)


def test_passwords_have_no_place_in_it(work, partner):
    with refused(work, HoldsPassword):
        propose(work, partner, 6900, own=[("Mot de passe : Soleil2024!", 100)])


@pytest.mark.parametrize(("cents", "taken"), [(CEILING, True), (CEILING + 1, False)])
def test_above_the_ceiling_the_link_alone_accepts_nothing(cents, taken, work, partner):
    quote = propose(work, partner, cents)

    if taken:
        answering.accept(work.pk, version=quote.version, by=None)
        assert agreed(work) == (2, cents)
        return
    with refused(work, quoting.AboveCeiling) as raised:
        answering.accept(work.pk, version=quote.version, by=None)
    assert "103,50" in str(raised.value)


def test_above_the_ceiling_nothing_is_accepted_on_the_technicians_screen(work, partner):
    quote = propose(work, partner, CEILING + 1)
    with refused(work, quoting.AboveCeiling):
        answering.send_number(work.pk, partner.pk, version=quote.version)
    answering.send_number_to_page(work.pk, version=quote.version)

    with refused(work, quoting.AboveCeiling):
        on_screen(work, partner, quote, number=number_of(work))

    assert answering.tries_left(work) == work.policy.code_tries  # not even a try is used up


def test_number_for_the_payers_page_accepts_nothing_by_itself(work, partner):
    quote = propose(work, partner, CEILING + 1)
    answering.send_number_to_page(work.pk, version=quote.version)

    wrong = answering.prove_payer(work.pk, version=quote.version, number="no")
    right = answering.prove_payer(work.pk, version=quote.version, number=number_of(work))

    assert (wrong, right) == (Answer.WRONG, Answer.ACCEPTED)
    assert agreed(work) == (1, 6900)


def test_ceiling_is_asked_again_at_the_answer(work, partner):
    quote = propose(work, partner, CEILING)
    Booking.objects.filter(pk=work.pk).update(service_cents=6000)

    with refused(work, quoting.AboveCeiling):
        answering.accept(work.pk, version=quote.version, by=None)


def test_enough_is_enough(work, partner, monkeypatch):
    monkeypatch.setattr(quoting, "MOST_VERSIONS", 1)
    propose(work, partner, 8000)

    with refused(work, quoting.EnoughProposals):
        propose(work, partner, 8100)


# --- A Pro's job


@pytest.mark.parametrize("wanted", [{"cents": 6800}, {"cents": 8000}, {"own": [("A cable", 500)]}])
def test_pro_keeps_the_price_and_has_no_lines_of_their_own(wanted, pro_work, partner):
    with refused(pro_work, PriceIsFixed):
        propose(pro_work, partner, wanted.get("cents"), own=wanted.get("own", ()))


def test_pro_adds_packages_at_the_price_and_length_of_the_catalogue(pro_work, partner):
    package = factories.PackageFactory()

    package.prices.filter(country="FR").update(price_cents=1500)

    quote = propose(pro_work, partner, packages={package.pk: 2})

    assert (quote.service_cents, quote.duration_minutes) == (6900 + 3000, 60 + 30)
    assert list(quote.lines.values_list("package", "quantity", "cents")) == [
        (None, 1, 6900),
        (package.pk, 2, 3000),
    ]


def test_package_that_is_not_sold_for_it_adds_nothing(pro_work, partner):
    package = factories.PackageFactory()
    Package.objects.update(active=False)

    with refused(pro_work, quoting.NothingNew):
        propose(pro_work, partner, packages={package.pk: 1, 0: 3})


def test_package_kept_keeps_the_price_it_was_agreed_at(pro_work, partner):
    package, other = (
        factories.PackageFactory(),
        factories.PackageFactory(slug="cable", name="Câble"),
    )
    for one in (package, other):
        one.prices.filter(country="FR").update(price_cents=1000)
    agree(pro_work, partner, packages={package.pk: 1})
    package.prices.filter(country="FR").update(price_cents=2000)

    quote = propose(pro_work, partner, packages={package.pk: 1, other.pk: 1})

    assert sorted(quote.lines.values_list("cents", flat=True)) == [1000, 1000, 6900]


# --- The answer on the customer's own device


def test_accepted_by_their_own_hand_it_counts(work, partner):
    quote = propose(work, partner, 9000)

    answering.accept(work.pk, version=quote.version, by=None, words="read", device="Firefox")

    quote.refresh_from_db()
    assert (quote.status, quote.acceptance_kind, quote.accepted_by_payer) == (
        "accepted",
        AcceptanceKind.OWN_DEVICE,
        True,
    )
    assert agreed(work) == (2, 9000)
    assert {"price_agreed", "job_price_answered"} <= set(told(work))
    event = work.quote_events.last()
    assert (event.step, event.words, event.device) == ("accepted", "read", "Firefox")


def test_accepted_twice_is_once(work, partner):
    agree(work, partner, 9000)

    with unchanged(work):
        answering.accept(work.pk, version=2, by=None)


def test_declined_leaves_what_was_agreed(work, partner):
    quote = propose(work, partner, 9000)

    answering.decline(work.pk, version=quote.version, by=None)

    assert agreed(work) == (1, 6900)
    assert (
        Notification.objects.get(subject_id=work.uuid, kind="job_price_answered").context[
            "accepted"
        ]
        is False
    )
    with unchanged(work):
        answering.decline(work.pk, version=quote.version, by=None)
    with refused(work, answering.ProposalGone):
        answering.accept(work.pk, version=quote.version, by=None)


def test_accepted_in_another_tab_it_is_no_longer_declined(work, partner):
    agree(work, partner, 9000)

    with refused(work, answering.ProposalGone):
        answering.decline(work.pk, version=2, by=None)


@pytest.mark.parametrize("version", [1, 3, 0])
def test_only_the_version_that_was_read_is_answered(version, work, partner):
    propose(work, partner, 9000)

    if version == 1:  # agreed long ago: a repeat
        with unchanged(work):
            answering.accept(work.pk, version=1, by=None)
        return
    with refused(work, answering.ProposalGone):
        answering.accept(work.pk, version=version, by=None)


def test_after_the_end_of_the_work_nothing_is_answered(work, partner):
    quote = propose(work, partner, 9000)
    visit.finish(work.pk, partner.pk, by=partner.user, report={"done": "x"})

    for verb in (answering.accept, answering.decline):
        with refused(work, answering.ProposalGone):
            verb(work.pk, version=quote.version, by=None)
    assert agreed(work) == (1, 6900)


# --- Time


def test_longer_work_lengthens_the_slot_and_the_clock_over_the_work(work, partner):
    before = slot(work)
    overdue = work.clocks.get(kind=ClockKind.OVERDUE_WORK, done_at=None).due_at

    agree(work, partner, 8000, more_minutes=45)

    assert slot(work).lower == before.lower
    assert slot(work).upper == before.upper + timedelta(minutes=45)
    assert Booking.objects.get(pk=work.pk).duration_minutes == 105
    assert work.clocks.get(kind=ClockKind.OVERDUE_WORK, done_at=None).due_at == overdue + timedelta(
        minutes=45
    )


def next_job(partner, booking, after):
    """Something else of theirs, so long after the end of this slot."""
    lower = slot(booking).upper + after
    return CalendarEntry.objects.create(
        technician=partner,
        kind=CalendarEntryKind.ABSENCE,
        during=(lower, lower + timedelta(hours=1)),
    )


@pytest.mark.parametrize(("minutes", "fits"), [(30, True), (31, False)])
def test_longer_work_ends_where_the_next_visit_begins(minutes, fits, work, partner):
    next_job(partner, work, timedelta(minutes=30))

    if fits:
        agree(work, partner, 8000, more_minutes=minutes)
        assert Booking.objects.get(pk=work.pk).duration_minutes == 60 + minutes
        return
    with refused(work, quoting.NoTimeLeft):
        propose(work, partner, 8000, more_minutes=minutes)


def test_time_that_was_taken_meanwhile_is_refused_at_the_answer(work, partner):
    quote = propose(work, partner, 8000, more_minutes=60)
    next_job(partner, work, timedelta(minutes=30))

    with refused(work, quoting.NoTimeLeft):
        answering.accept(work.pk, version=quote.version, by=None)
    assert agreed(work) == (1, 6900)


# --- What falls with what


@pytest.fixture
def called(searching, partner):
    return walk(searching, partner, State.CALLED)


def test_with_the_assignment_version_1_counts_again_and_the_customer_is_told(called, partner):
    agree(called, partner, 9000, more_minutes=30)

    released = visit.release(called.pk, partner.pk, by=partner.user, reason="ill")

    assert agreed(released) == (1, 6900)
    assert released.duration_minutes == 60
    assert "price_as_booked" in told(released)
    assert released.service_cents == 6900


def test_where_nobody_comes_any_more_nobody_is_told_of_a_price(called, partner):
    agree(called, partner, 9000)

    ended = changes.cancel(called.pk, role=Role.OPS, by=None, reason="x")

    assert ended.state == State.CANCELLED
    assert "price_as_booked" not in told(ended)


def test_without_another_price_nobody_is_told_of_one(called, partner):
    propose(called, partner, 9000)

    released = visit.release(called.pk, partner.pk, by=partner.user, reason="ill")

    assert "price_as_booked" not in told(released)
    assert not released.quotes.open().exists()


def test_the_next_technician_has_the_booked_length(called, partner, rival_partner, staff):
    agree(called, partner, 9000, more_minutes=60)
    visit.release(called.pk, partner.pk, by=partner.user, reason="ill")

    booking = assigning.assign(called.pk, rival_partner.pk, rank=1, by=staff, reason="near")

    assert (
        slot(booking).upper - slot(booking).lower
        == timedelta(minutes=60) + booking.policy.travel_buffer
    )


@pytest.mark.parametrize("how", ["move", "fail"])
def test_a_proposal_falls_with_the_move_and_with_the_visit(how, searching, partner):
    if how == "move":
        booking = walk(searching, partner, State.CALLED)
        agree(booking, partner, 8000)
        propose(booking, partner, 9000)
        moved = changes.move(booking.pk, [next_wall(6)], role=Role.CUSTOMER, by=booking.customer)
        assert (moved.state, agreed(moved)) == (State.CALLED, (2, 8000))
    else:
        booking = walk(searching, partner, State.IN_PROGRESS)
        propose(booking, partner, 9000)
        visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="no line", fault="nobody")
    assert not booking.quotes.open().exists()
    with refused(booking, answering.ProposalGone):
        answering.accept(booking.pk, version=booking.quotes.latest("version").version, by=None)
