"""A dataset with a long past: rows by the ten thousand, all of them settled, copied from one of
each in SQL.
"""

from uuid import uuid4

from django.db import connection

from accounts.models import Notification, Technician, User
from dispatch.models import Offer, Search, Trace
from mila.clock import mila_now
from payments.models import Account, Charge, LedgerEntry, StripeEvent
from requests_app.models import Assignment, Booking, BookingEvent, Clock, Wish

COPY = """
INSERT INTO {table} ({columns})
SELECT {values} FROM {table} one CROSS JOIN generate_series(1, {count}) n WHERE one.id = {template}
"""
LONG_AGO = "mila_now() - interval '80 days' + n * interval '15 minutes'"
# The ledger keeps years, of which a page looks at the last weeks.
YEARS_AGO = "mila_now() - interval '5 years' + n * interval '8 hours'"
# The booking of the nth copy; n itself where the table has no booking.
FIRST = "(SELECT min(id) FROM requests_app_booking WHERE draft_key LIKE 'grown-%%')"
FIRST_USER = "(SELECT min(id) FROM accounts_user WHERE email LIKE 'grown-%%')"
FIRST_TECHNICIAN = f"(SELECT min(id) FROM accounts_technician WHERE user_id >= {FIRST_USER})"
OF_BOOKING = {"booking_id": f"{FIRST} + n - 1"}


def copied(model, template: int, count: int, **values: str) -> None:
    """So many copies of a row; `values` are SQL over `n`, everything else is the template's."""
    columns = {
        field.column: f'one."{field.column}"'
        for field in model._meta.concrete_fields
        if not field.primary_key
    }
    columns |= values
    statement = COPY.format(
        table=model._meta.db_table,
        columns=", ".join(f'"{column}"' for column in columns),
        values=", ".join(columns.values()),
        count=count,
        template=template,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("%%", "%"))


def grow(booking: Booking, count: int) -> None:
    """`count` settled bookings like this claimed one, and everything that a
    booking leaves behind.
    """
    copied(
        Booking,
        booking.pk,
        count,
        uuid="gen_random_uuid()",
        token_hash="md5(n::text || random()::text)",
        draft_key="'grown-' || n",
        state="'settled'",
        due_at="NULL",
        unsettled_at="NULL",
        created_at=LONG_AGO,
        placed_at=LONG_AGO,
        first_start_at=LONG_AGO,
        last_start_at=LONG_AGO,
        start_at=LONG_AGO,
    )
    people = count // 10
    copied(User, booking.technician.user_id, people, email="'grown-' || n || '@example.com'")
    copied(
        Technician,
        booking.technician_id,
        people,
        public_id="gen_random_uuid()",
        user_id=f"{FIRST_USER} + n - 1",
    )
    event = BookingEvent.objects.filter(booking=booking).latest("sequence")
    copied(
        BookingEvent,
        event.pk,
        count,
        **OF_BOOKING,
        sequence="1",
        at=LONG_AGO,
        move="'settle'",
        target="'settled'",
    )
    assignment = Assignment.objects.get(booking=booking)
    theirs = f"{FIRST_TECHNICIAN} + n %% {people}"
    copied(
        Assignment,
        assignment.pk,
        count,
        **OF_BOOKING,
        technician_id=theirs,
        calendar_entry_id="NULL",
        claimed_at=LONG_AGO,
    )
    copied(Wish, booking.wishes.first().pk, count, **OF_BOOKING)
    copied(Clock, booking.clocks.first().pk, count, **OF_BOOKING, done_at=LONG_AGO)
    search = Search.objects.filter(booking=booking).latest("pk")
    copied(Search, search.pk, count, **OF_BOOKING, next_at="NULL", ended_at=LONG_AGO)
    copied(
        Offer,
        Offer.objects.get(booking=booking).pk,
        count,
        **OF_BOOKING,
        technician_id=theirs,
        state="'claimed'",
    )
    copied(Trace, Trace.objects.first().pk, count, at=LONG_AGO, inputs="'{}'", best="'[]'")
    notice = Notification.objects.first()
    copied(
        Notification,
        notice.pk,
        count,
        subject_id="gen_random_uuid()",
        state="'sent'",
        due_at="NULL",
        queued_at=LONG_AGO,
        context="'{}'",
    )
    charge = Charge.objects.create(
        booking=booking,
        kind="job",
        currency="EUR",
        amount_cents=100,
        service_cents=100,
        booking_fee_cents=0,
        commission_cents=20,
        partner_cents=80,
        partner=booking.partner,
        state="succeeded",
    )
    copied(Charge, charge.pk, count, **OF_BOOKING)
    line = LedgerEntry.objects.create(
        entry=uuid4(),
        key="grown",
        account=Account.COMMISSION,
        booking=booking,
        currency="EUR",
        cents=0,
        at=mila_now(),
    )
    copied(
        LedgerEntry,
        line.pk,
        count,
        entry="gen_random_uuid()",
        key="'grown-' || n",
        at=YEARS_AGO,
        **OF_BOOKING,
    )
    event = StripeEvent.objects.create(
        stripe_id="evt_grown",
        type="x",
        object_id="x",
        livemode=False,
        payload={},
        next_at=None,
        done_at=mila_now(),
    )
    copied(StripeEvent, event.pk, count, stripe_id="'evt_grown_' || n", received_at=LONG_AGO)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
