"""How a charge comes to its end, and what must be true then."""

from datetime import timedelta

from accounts.models import Notification
from backoffice.invariants import violations
from mila.clock import mila_now, set_clock
from payments import charges, sweeps
from payments.models import (
    Charge,
    LedgerEntry,
)
from requests_app.models import BookingEvent, State
from tests.payments import cast

# calls to Stripe, by their paths
CREATE, CONFIRM = "payment_intents$", "payment_intents/.*/confirm"


def told(kind):
    return Notification.objects.filter(kind=kind).count()


def later(**span):
    """The clock stands there until it is moved again."""
    set_clock(mila_now() + timedelta(**span), speed=0)


def sweep_until_quiet(rounds=8, **span):
    """Sweeps at growing distances; how many rounds it took until nothing was left open."""
    for done in range(1, rounds + 1):
        later(**(span or {"minutes": 5}))
        sweeps.sweep()
        if not Charge.objects.filter(state__in=charges.OPEN_STATES).exists():
            return done
    raise AssertionError("Something stays open.")


def assert_paid_once(*bookings):
    for booking in bookings:
        assert [paid["amount"] for paid in cast.at_stripe(booking)] == [7190]
        booking.refresh_from_db()
        assert booking.state == State.SETTLED
        assert BookingEvent.objects.filter(booking=booking, move="settle").count() == 1
        assert LedgerEntry.objects.filter(booking=booking, account="stripe").count() == 1
    found = violations([booking.pk for booking in bookings])
    assert {name: rows for name, rows in found.items() if name in ("I2", "I3", "I4", "I9")} == {}
