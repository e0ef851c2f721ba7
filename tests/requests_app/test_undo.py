"""A wrong tap is taken back: what falls with it, who hears of it, what is free when the work is
over (rule L9).
"""

import re
from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from accounts.models import CalendarEntry, Notification
from mila.errors import Refusal
from requests_app import lifecycle
from requests_app.actions import answering, assigning, reviewing, signing, undoing, visit
from requests_app.actions.visit import NotYours, WaitNotOver
from requests_app.lifecycle import NotUndoable
from requests_app.models import Assignment, ClockKind, Fault, Position, State, last_made_at
from requests_app.sweeps import sweep_clocks
from tests.cast import agree, code_of, propose, sign, walk
from tests.requests_app.booking_states import refused, unchanged

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
REPORT = {"done": "Channel changed", "explained": True, "tidied": True}


def back(booking, technician, step):
    return undoing.take_back(booking.pk, technician.pk, by=technician.user, step=step)


def stop(booking, stopped_clock, **since):
    """The clock stands some time after the last event."""
    at = booking.events.latest("sequence").at + timedelta(**since)
    stopped_clock(at)
    return at


def told_back(booking):
    rows = Notification.objects.filter(subject_id=booking.uuid, kind="taken_back")
    return [(row.user_id, row.context["step"]) for row in rows]


def clocks(booking):
    return dict(booking.clocks.filter(done_at=None).values_list("kind", "due_at"))


def test_departure_is_taken_back_with_the_position_and_the_customer_told(searching, partner):
    booking = walk(searching, partner, State.EN_ROUTE)
    visit.report_position(booking.pk, partner.pk, lat=45.7, lon=4.8, eta_at=None)

    booking = back(booking, partner, "depart")

    assert booking.state == State.CONFIRMED
    assert not Position.objects.filter(booking=booking).exists()
    assert told_back(booking) == [(booking.customer_id, "depart")]
    assert clocks(booking) == {ClockKind.LATENESS: booking.start_at + 15 * MINUTE}


def test_customer_hears_of_the_first_one_only(searching, partner):
    booking = walk(searching, partner, State.EN_ROUTE)
    back(booking, partner, "depart")
    visit.depart(booking.pk, partner.pk, by=partner.user)
    visit.arrive(booking.pk, partner.pk, by=partner.user)

    back(booking, partner, "arrive")

    assert told_back(booking) == [(booking.customer_id, "depart")]


def test_repeat_changes_nothing(searching, partner):
    booking = walk(searching, partner, State.EN_ROUTE)
    back(booking, partner, "depart")

    with unchanged(booking):
        assert back(booking, partner, "depart").state == State.CONFIRMED


@pytest.mark.parametrize("step", ["arrive", "claim", "confirm", "", "undo_depart", "sign_off"])
def test_another_step_than_the_last_is_refused(step, searching, partner):
    booking = walk(searching, partner, State.EN_ROUTE)

    with refused(booking, Refusal):
        back(booking, partner, step)


def test_another_technician_is_refused(searching, partner, rival_partner):
    booking = walk(searching, partner, State.EN_ROUTE)

    with refused(booking, NotYours):
        back(booking, rival_partner, "depart")


def test_a_new_technician_may_take_back_what_the_former_one_did_already(
    searching, partner, rival_partner, staff
):
    booking = walk(searching, partner, State.EN_ROUTE)
    back(booking, partner, "depart")
    visit.release(booking.pk, partner.pk, by=partner.user, reason="ill")
    who = {"by": rival_partner.user}
    assigning.assign(booking.pk, rival_partner.pk, rank=1, by=staff, reason="near")
    visit.record_call(booking.pk, rival_partner.pk, channel="phone", reached=True, **who)
    visit.confirm(booking.pk, rival_partner.pk, **who)
    visit.depart(booking.pk, rival_partner.pk, **who)

    assert back(booking, rival_partner, "depart").state == State.CONFIRMED
    assert len(told_back(booking)) == 2


def test_wait_at_the_door_goes_on_from_the_arrival(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.ARRIVED)
    stopped_clock(booking.start_at + MINUTE)
    visit.start(booking.pk, partner.pk, by=partner.user)

    back(booking, partner, "start")

    assert clocks(booking) == {ClockKind.DOOR_WAIT: booking.start_at + 10 * MINUTE}


def test_wait_that_ended_meanwhile_is_not_told_again(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.ARRIVED)
    stopped_clock(booking.start_at + 9 * MINUTE)
    visit.start(booking.pk, partner.pk, by=partner.user)
    stopped_clock(booking.start_at + 11 * MINUTE)

    back(booking, partner, "start")

    assert clocks(booking) == {}


def test_code_that_was_typed_stays_typed(searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)

    back(booking, partner, "start")

    assert booking.assignments.get().code_typed_at is not None
    assert code_of(booking)


def test_an_arrival_that_was_taken_back_is_no_wait_at_the_door(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.ARRIVED)
    back(booking, partner, "arrive")
    stopped_clock(booking.start_at + 20 * MINUTE)

    with refused(booking, WaitNotOver):
        visit.fail_visit(
            booking.pk, partner.pk, by=partner.user, reason="nobody", fault=Fault.CUSTOMER
        )


@pytest.fixture
def finished(searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)
    return visit.finish(booking.pk, partner.pk, by=partner.user, report=REPORT, service_cents=5900)


def test_price_falls_with_the_end_of_the_work(finished, partner):
    signing.see_report(finished.pk, version=finished.quotes.latest("version").version)

    booking = back(finished, partner, "finish")

    assert (booking.state, booking.finished_at, booking.report_seen_at) == (
        State.IN_PROGRESS,
        None,
        None,
    )
    assert list(booking.quotes.standing().values_list("version", "service_cents")) == [(1, 6900)]
    assert list(booking.quotes.values_list("version", "service_cents")) == [(1, 6900), (2, 5900)]


def test_second_end_writes_the_next_version_and_that_one_counts(finished, partner):
    back(finished, partner, "finish")

    booking = visit.finish(
        finished.pk, partner.pk, by=partner.user, report=REPORT, service_cents=4900
    )

    assert list(booking.quotes.standing().values_list("version", "service_cents")) == [
        (1, 6900),
        (3, 4900),
    ]
    booking = sign(booking, kind="own_device")
    assert booking.sign_off.service_cents == 4900


def test_price_that_stayed_as_it_was_stays(searching, partner):
    booking = walk(searching, partner, State.FINISHED)

    back(booking, partner, "finish")

    assert list(booking.quotes.standing().values_list("version", flat=True)) == [1]


def test_a_page_from_before_signs_nothing(finished, partner):
    back(finished, partner, "finish")
    visit.finish(finished.pk, partner.pk, by=partner.user, report=REPORT, service_cents=4900)

    with refused(finished, signing.PriceChanged):
        signing.sign_off(
            finished.pk,
            key="old",
            kind="own_device",
            quote_version=2,
            signer="Odile",
            signature="Odile",
            device="",
            by=None,
        )


@pytest.mark.parametrize("words", ["Channel changed", "Something else"])
def test_end_at_the_same_price_is_another_version_so_the_page_from_before_signs_nothing(
    words, searching, partner
):
    booking = walk(searching, partner, State.FINISHED)
    back(booking, partner, "finish")
    visit.finish(booking.pk, partner.pk, by=partner.user, report={**REPORT, "done": words})
    assert list(booking.quotes.standing().values_list("version", "service_cents")) == [
        (1, 6900),
        (2, 6900),
    ]

    for kind in ("screen", "own_device"):
        with refused(booking, signing.PriceChanged):
            signing.sign_off(
                booking.pk,
                key=f"old {kind}",
                kind=kind,
                quote_version=1,
                signer="Odile",
                signature="Odile",
                device="",
                by=None,
            )
    assert sign(booking).sign_off.charge_cents == 7190


def test_a_page_from_before_was_no_reading_of_the_new_report(client, finished, partner):
    page = client.get(reverse("customer:booking", args=[finished.token])).content.decode()
    seen = re.search(r'data-seen-url="([^"]+)"', page)[1]
    back(finished, partner, "finish")
    visit.finish(finished.pk, partner.pk, by=partner.user, report=REPORT, service_cents=5900)

    with unchanged(finished):
        for address in (seen, seen.partition("?")[0], seen.partition("?")[0] + "?version=x"):
            assert client.post(address).status_code == 204

    fresh = client.get(reverse("customer:booking", args=[finished.token])).content.decode()
    client.post(re.search(r'data-seen-url="([^"]+)"', fresh)[1])
    finished.refresh_from_db()
    assert finished.report_seen_at is not None


def test_arrival_of_a_former_technician_is_no_wait_of_the_next(
    searching, partner, rival_partner, staff
):
    booking = walk(searching, partner, State.ARRIVED)
    back(booking, partner, "arrive")
    back_on_the_way = booking.events.latest("sequence")
    assert back_on_the_way.move == "undo_arrive"
    assert last_made_at(booking, "arrive") is None
    visit.arrive(booking.pk, partner.pk, by=partner.user)
    assert last_made_at(booking, "arrive") is not None
    no_show = lifecycle.advance(booking.pk, "no_show", role=lifecycle.OPS, by=None)
    assigning.assign(no_show.pk, rival_partner.pk, rank=1, by=staff, reason="near")

    assert last_made_at(booking, "arrive") is None


def test_once_the_customer_has_judged_it_the_end_stands(finished, partner):
    reviewing.rate(finished.pk, quality=5, punctuality=5, friendliness=5, comment="")

    with refused(finished, NotUndoable):
        back(finished, partner, "finish")


@pytest.mark.parametrize("verb", [answering.accept, answering.decline])
def test_once_the_customer_has_answered_a_price_the_step_before_stands(verb, searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)
    quote = propose(booking, partner, 8900)
    verb(booking.pk, version=quote.version, by=None)

    with refused(booking, NotUndoable):
        back(booking, partner, "start")


def test_a_price_that_waits_lets_the_step_before_be_taken_back(searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)
    propose(booking, partner, 8900)

    assert back(booking, partner, "start").state == State.ARRIVED
    assert booking.quotes.open().exists()


def test_what_was_agreed_before_the_work_outlives_its_end_taken_back(searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)
    agree(booking, partner, 8900)
    visit.finish(booking.pk, partner.pk, by=partner.user, report=REPORT)

    booking = back(booking, partner, "finish")

    assert list(booking.quotes.agreed().values_list("version", "service_cents")) == [
        (1, 6900),
        (2, 8900),
    ]


def test_once_it_is_signed_the_end_stands(finished, partner):
    sign(finished, kind="own_device")

    with refused(finished, lifecycle.IllegalMove):
        back(finished, partner, "finish")


# --- The time that is left
# -----------------------------------------------------------------------------------------


def slot(booking):
    return (
        CalendarEntry.objects.filter(assignment__booking=booking)
        .values_list("during", flat=True)
        .first()
    )


def test_time_is_free_five_minutes_after_the_end(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.FINISHED)
    planned = slot(booking)
    at = stop(booking, stopped_clock, minutes=5, seconds=-1)
    sweep_clocks()
    assert slot(booking) == planned

    stopped_clock(at + SECOND)
    sweep_clocks()

    freed = DateTimeTZRange(planned.lower, at + SECOND + 30 * MINUTE, "[)")
    assert slot(booking) == freed  # with the way to the next one
    sweep_clocks()
    assert slot(booking) == freed


def test_time_is_free_at_the_signature(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.FINISHED)
    at = stop(booking, stopped_clock, minutes=1)

    sign(booking)

    assert slot(booking).upper == at + 30 * MINUTE


def test_time_of_a_visit_over_before_it_was_to_begin_is_free_altogether(
    searching, partner, stopped_clock
):
    booking = walk(searching, partner, State.CONFIRMED)
    stopped_clock(booking.start_at - 60 * MINUTE)
    for verb in (visit.depart, visit.arrive, visit.start):
        verb(booking.pk, partner.pk, by=partner.user)
    visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="no line", fault=Fault.NOBODY)

    assert slot(booking) is None
    assert not CalendarEntry.objects.filter(technician=partner).exists()


def test_work_that_took_longer_than_planned_frees_nothing(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.FINISHED)
    planned = slot(booking)
    stopped_clock(planned.upper + MINUTE)

    sign(booking)

    assert slot(booking) == planned


def test_end_that_is_taken_back_frees_nothing(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.FINISHED)
    planned = slot(booking)
    back(booking, partner, "finish")
    stopped_clock(booking.start_at + 6 * MINUTE)

    sweep_clocks()

    assert slot(booking) == planned


def test_assignment_without_a_slot_frees_nothing(searching, partner):
    booking = walk(searching, partner, State.FINISHED)
    CalendarEntry.objects.filter(technician=partner).delete()

    sign(booking)

    assert Assignment.objects.get(booking=booking).calendar_entry is None
