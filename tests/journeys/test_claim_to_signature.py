from requests_app.models import Assignment, BookingEvent, State
from tests import cast


def test_the_best_partner_does_the_whole_job(searching, partner):
    booking = cast.walk(searching, partner, State.SIGNED_OFF)

    assert list(BookingEvent.objects.filter(booking=booking).values_list("move", flat=True)) == [
        "place",
        "claim",
        "record_call",
        "confirm",
        "depart",
        "arrive",
        "start",
        "finish",
        "sign_off",
    ]
    assert booking.sign_off.charge_cents == 6900 + 290
    assert booking.sign_off.commission_cents == 1380
    assert Assignment.objects.get(booking=booking).ended_at is None
