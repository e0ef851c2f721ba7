"""How many mails a customer gets of one visit: on the smooth path at most five, each with its
reason (rule N1).
"""

from datetime import timedelta

import pytest

from accounts import delivery
from accounts.models import Notification, NotificationState
from mila.clock import move_clock, set_clock
from payments import sweeps as payments
from requests_app.actions import drafting, placing, visit
from requests_app.lifecycle import Role
from requests_app.models import Booking, State
from requests_app.sweeps import sweep_clocks
from tests import factories
from tests.cast import begin, sign, walk
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
MINUTE = timedelta(minutes=1)
SMOOTH = ["booked", "claimed", "confirmed", "en_route", "receipt"]
ODILE = {"name": "Odile Perrachon", "phone": "+33639980117", "problem": "Wi-Fi", "at_the_door": ""}


@pytest.fixture(autouse=True)
def _outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def pass_on(minutes=1):
    """Time goes by, and everything that is due goes out."""
    move_clock(minutes * MINUTE)
    sweep_clocks()
    delivery.sweep()


def sent(booking):
    rows = Notification.objects.filter(subject_id=booking.uuid, email=booking.customer.email)
    return list(
        rows.exclude(state=NotificationState.QUEUED)
        .order_by("sent_at")
        .values_list("kind", flat=True)
    )


@pytest.fixture
def begun(morning):
    """The contact step of a guest."""
    draft = factories.DraftFactory(customer=None, card="", email_proved_at=None)
    person = drafting.customer_for("odile@example.com", name="Odile", language="en")
    return drafting.set_contact(draft.pk, customer=person, booked_by=None, **ODILE)


@pytest.fixture
def ordered(begun):
    """The order, two minutes later."""
    pass_on(2)
    Booking.objects.filter(pk=begun.pk).update(card=cast.saved_card(begun.customer))
    return placing.place(begun.pk, role=Role.CUSTOMER, by=None)


def to_the_report(booking, technician):
    """Every step at its time, and a minute for the mail after each."""
    by = {"by": technician.user}
    pass_on()
    booking = walk(booking, technician, State.CLAIMED)
    pass_on(20)
    visit.record_call(booking.pk, technician.pk, channel="phone", reached=True, **by)
    pass_on(20)
    visit.confirm(booking.pk, technician.pk, **by)
    pass_on()
    set_clock(booking.start_at - 20 * MINUTE)
    for step in (visit.depart, visit.arrive):
        step(booking.pk, technician.pk, **by)
        pass_on(10)
    begin(booking, technician)
    pass_on(50)
    report = {"done": "Canal changé", "explained": True, "tidied": True}
    booking = visit.finish(booking.pk, technician.pk, report=report, **by)
    pass_on(3)
    return booking


def test_visit_without_trouble_sends_five(ordered, payee):
    booking = to_the_report(ordered, payee)
    sign(booking)
    payments.charge_booking(booking.pk)
    pass_on()

    assert Booking.objects.get(pk=booking.pk).state == State.SETTLED
    assert sent(booking) == SMOOTH


def test_control_who_does_not_sign_at_once_is_asked_to(ordered, payee):
    booking = to_the_report(ordered, payee)
    pass_on(12)

    assert sent(booking) == [*SMOOTH[:4], "please_sign"]


def test_control_who_does_not_order_at_once_gets_the_way_back(begun):
    pass_on(9)
    assert sent(begun) == []

    pass_on(2)

    assert sent(begun) == ["draft_saved"]
