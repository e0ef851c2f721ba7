"""Several sweepers, and sweepers that die: each due row is moved once (fault T1, T4).

Real transactions.
"""

import os
import signal
import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Notification, NotificationState, Technician
from mila.sweeping import handle_each
from requests_app import fault_ledger, lifecycle, notices, sweeps
from requests_app.models import Booking, BookingEvent, LateSignature, SignOff, SignOffKind, State
from tests.cast import MORNING, sign
from tests.concurrency.threads import at_once
from tests.factories import TechnicianFactory
from tests.requests_app.booking_states import booking_in

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROWS = 4


@pytest.fixture
def due(stopped_clock):
    """Bookings whose technician has missed the call, each with a technician of its own."""
    stopped_clock(MORNING)
    return [
        booking_in(State.CLAIMED, TechnicianFactory(), MORNING, due_at=MORNING).pk
        for _ in range(ROWS)
    ]


def missed_calls():
    return BookingEvent.objects.filter(move="miss_call").count()


def broken_promises():
    return sum(Technician.objects.values_list("promises_broken", flat=True))


def test_three_sweepers_at_once_move_each_row_once(due, caplog):
    handled = at_once(*[sweeps.sweep_bookings] * 3)

    assert sum(handled) == ROWS
    assert missed_calls() == broken_promises() == ROWS
    assert set(Booking.objects.values_list("state", flat=True)) == {State.SEARCHING}
    assert caplog.text == ""


def test_control_without_the_lock_the_sweepers_collide(due, caplog, monkeypatch):
    """The last line of defence still holds here: two events of one number are refused by the
    database.
    """
    meeting = threading.Barrier(2)
    rows = type(Booking.objects.all())
    judge = fault_ledger.judge

    def met(*args, **kwargs):
        meeting.wait(timeout=10)
        return judge(*args, **kwargs)

    monkeypatch.setattr(rows, "select_for_update", lambda self, **_options: self.all())
    monkeypatch.setattr(fault_ledger, "judge", met)

    handled = at_once(*[lambda: sum(handle_each(sweeps.handle_due_booking, due[:1]))] * 2)

    assert sorted(handled) == [0, 1]
    assert "handle_due_booking" in caplog.text


POINTS = {
    "after the lock": (sweeps, "read_clock"),
    "after the count": (sweeps, "advance"),
    "in the end of the assignment": (lifecycle, "lock_technician"),
    "after the state": (lifecycle, "_restart_clocks"),
    "after the event": (notices, "message"),
    "before the commit": (lifecycle, "_after_commit"),
}


@pytest.mark.parametrize("point", POINTS)
def test_sweeper_killed_at_any_point_loses_nothing_and_does_nothing_twice(point, due):
    die_in_a_fork(due[0], *POINTS[point])
    assert missed_calls() == broken_promises() == 0
    assert Booking.objects.get(pk=due[0]).due_at == MORNING

    assert sweeps.sweep_bookings() == ROWS

    assert missed_calls() == broken_promises() == ROWS


def test_sweeper_killed_after_the_commit_has_done_its_work(due):
    die_in_a_fork(due[0], lifecycle.publish, "_send")

    assert missed_calls() == broken_promises() == 1
    assert Booking.objects.get(pk=due[0]).due_at == Booking.objects.get(
        pk=due[0]
    ).last_start_at - timedelta(hours=1)
    assert sweeps.sweep_bookings() == ROWS - 1


def die_in_a_fork(booking_id, module, name):
    """A process of its own handles the row and is killed, kill -9, as it calls the function of that
    name.
    """
    child = os.fork()
    if child == 0:
        kept = connection.connection  # the parent's: neither used nor closed here
        connection.connection = None
        setattr(module, name, lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL))
        try:
            sweeps.handle_due_booking(booking_id)
        finally:
            os._exit(bool(kept))
    _child, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_signature_and_silence_at_once_keep_both(stopped_clock):
    """Whoever comes first closes the visit; the signature is never lost, and there is one sum to
    charge (rule L13).
    """
    stopped_clock(MORNING)
    booking = booking_in(
        State.FINISHED, TechnicianFactory(), MORNING, finished_at=MORNING, due_at=MORNING
    )
    Notification.objects.create(
        kind="please_sign", subject_id=booking.uuid, round=1, state=NotificationState.REACHED
    )
    turns = iter([sweeps.sweep_bookings, lambda: sign(booking)])

    at_once(*[lambda: next(turns)()] * 2)

    closed = SignOff.objects.get()
    late = LateSignature.objects.filter(booking=booking).count()
    assert (closed.kind, late) in [(SignOffKind.SILENCE, 1), (SignOffKind.SCREEN, 0)]
    assert list(booking.events.exclude(sequence=1).values_list("move", flat=True)) == ["sign_off"]
