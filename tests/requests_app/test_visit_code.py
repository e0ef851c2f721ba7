"""Four digits at the door: who knows them when, five tries, void with the assignment (rule L9b)."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts import delivery
from accounts.models import Notification
from requests_app.actions import changes, meeting, visit
from requests_app.actions.meeting import Code, type_code
from requests_app.lifecycle import IllegalMove, Role
from requests_app.models import Assignment, Booking, State, have_met
from requests_app.models.assignments import new_visit_code
from tests import cast
from tests.requests_app.booking_states import booking_in, moves, refused, told, unchanged

OPEN = sorted(meeting.CODE_STATES)


def right(booking):
    return cast.code_of(booking)


def wrong(booking, number=0):
    """One of the other 9,999."""
    return f"{(int(right(booking)) + 1 + number) % 10_000:04d}"


def tries(booking):
    return booking.assignments.get(ended_at=None).code_tries


def typed_at(booking):
    return booking.assignments.get(ended_at=None).code_typed_at


def test_a_code_has_four_digits_and_another_one_each_time():
    codes = {new_visit_code() for _ in range(200)}

    assert {len(code) for code in codes} == {4}
    assert all(code.isdecimal() for code in codes)
    assert len(codes) > 150


def test_it_lies_encrypted(now, partner):
    booking = booking_in(State.ARRIVED, partner, now)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM requests_app_assignment WHERE booking_id = %s", [booking.pk]
        )
        assert cursor.fetchone()[0].startswith("gAAAA")


@pytest.mark.parametrize("state", OPEN)
def test_the_right_code_says_that_they_have_met(state, now, partner):
    booking = booking_in(state, partner, now)

    assert type_code(booking.pk, partner.pk, code=right(booking)) == Code.RIGHT

    assert (typed_at(booking), tries(booking), have_met(booking)) == (now, 0, True)
    assert (moves(booking), told(booking)) == ([], [])


def test_a_repeat_answers_the_same_and_changes_nothing(now, partner, stopped_clock):
    booking = booking_in(State.ARRIVED, partner, now)
    type_code(booking.pk, partner.pk, code=right(booking))
    stopped_clock(now + timedelta(minutes=3))

    with unchanged(booking):
        assert type_code(booking.pk, partner.pk, code=wrong(booking)) == Code.RIGHT


def test_a_wrong_one_uses_up_a_try_and_proves_nothing(now, partner):
    booking = booking_in(State.ARRIVED, partner, now)

    assert type_code(booking.pk, partner.pk, code=wrong(booking)) == Code.WRONG

    assert (tries(booking), typed_at(booking), have_met(booking)) == (1, None, False)


def test_after_five_tries_even_the_right_one_is_refused(now, partner):
    booking = booking_in(State.ARRIVED, partner, now)

    answers = [
        type_code(booking.pk, partner.pk, code=wrong(booking, number)) for number in range(5)
    ]

    assert answers == [Code.WRONG] * 4 + [Code.SPENT]
    with unchanged(booking):
        assert type_code(booking.pk, partner.pk, code=right(booking)) == Code.SPENT
    assert have_met(booking) is False


def test_the_fifth_try_may_be_the_right_one(now, partner):
    booking = booking_in(State.ARRIVED, partner, now)
    for number in range(4):
        type_code(booking.pk, partner.pk, code=wrong(booking, number))

    assert type_code(booking.pk, partner.pk, code=right(booking)) == Code.RIGHT


def test_the_work_may_begin_without_it_and_it_may_be_typed_until_the_signature(now, partner):
    booking = booking_in(State.ARRIVED, partner, now - timedelta(hours=75))

    visit.start(booking.pk, partner.pk, by=partner.user)
    answer = type_code(booking.pk, partner.pk, code=right(booking))

    assert answer == Code.RIGHT
    assert have_met(booking)


@pytest.mark.parametrize("state", sorted(set(State) - meeting.CODE_STATES))
def test_elsewhere_it_cannot_be_typed(state, now, partner):
    booking = booking_in(state, partner, now)
    code = booking.assignments.values_list("code", flat=True).first() or "0000"

    with refused(booking, (IllegalMove, visit.NotYours)):
        type_code(booking.pk, partner.pk, code=code)


def test_a_stranger_cannot_try(now, partner, rival_partner):
    booking = booking_in(State.ARRIVED, partner, now)

    with refused(booking, visit.NotYours):
        type_code(booking.pk, rival_partner.pk, code=right(booking))


# --- Void with the assignment


def test_it_ends_with_the_assignment(job, partner):
    visit.release(job.pk, partner.pk, by=partner.user, reason="Ill")

    assert Assignment.objects.get(booking=job).code == ""


def test_the_next_technician_has_another_code(job, partner, rival_partner, monkeypatch):
    former = right(job)
    visit.release(job.pk, partner.pk, by=partner.user, reason="Ill")
    monkeypatch.setattr("secrets.randbelow", lambda limit: (int(former) + 1) % limit)
    job = cast.claimed(Booking.objects.get(pk=job.pk), rival_partner)

    assert right(job) != former


@pytest.mark.parametrize("until", [State.CLAIMED, State.CONFIRMED])
def test_another_start_has_another_code_and_all_tries(until, searching, partner, monkeypatch):
    booking = cast.walk(searching, partner, until)
    former = right(booking)
    Assignment.objects.update(code_tries=4)
    monkeypatch.setattr("secrets.randbelow", lambda limit: (int(former) + 1) % limit)

    changes.move(booking.pk, [cast.next_wall(5)], role=Role.CUSTOMER, by=booking.customer)

    assert right(booking) != former
    assert tries(booking) == 0


# --- The message


def test_the_message_of_the_departure_says_it_and_keeps_it_sealed(
    searching, partner, mailoutbox, settings
):
    settings.SMS_GATEWAY = ""  # a mail is the first that can reach them
    booking = cast.walk(searching, partner, State.EN_ROUTE)
    row = Notification.objects.get(kind="en_route")

    assert right(booking) not in str(row.context)
    delivery.deliver(row.pk)

    assert right(booking) in mailoutbox[-1].body


def test_no_other_message_says_it(searching, partner):
    booking = cast.walk(searching, partner, State.FINISHED)

    rows = Notification.objects.filter(subject_id=booking.uuid)
    carriers = [
        row.kind for row in rows if right(booking) in row.sealed or "visit_code" in row.context
    ]

    assert carriers == ["en_route"]
