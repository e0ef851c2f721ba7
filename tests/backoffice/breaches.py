"""A dataset in which all is well, and for each invariant what breaks it."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import CalendarEntry, Notification, SkillSearch
from accounts.search import count_faults
from dispatch import offers
from dispatch.models import Offer
from mila.clock import mila_now, set_clock
from papers import actions as papers
from papers.models import Paper, PaperFile, Series
from payments import earnings, ledger
from payments.models import (
    Advance,
    Charge,
    Dispute,
    Earning,
    LedgerEntry,
    Operation,
    Payout,
    Refund,
    StripeEvent,
    WayPay,
)
from requests_app.access import reveal_contact
from requests_app.actions import signing
from requests_app.models import (
    Assignment,
    Booking,
    BookingEvent,
    Clock,
    ContactAccess,
    Quote,
    QuoteEvent,
    QuoteLine,
    SignOff,
    State,
)
from tests import cast, factories
from tests.evidence import forged
from tests.papers.cast import billing_of

HOUR = timedelta(hours=1)


@pytest.fixture
def dataset(searching, partner, rival_partner):
    """A paid booking, one that is claimed, one whose offer is open; all is well."""
    paid = cast.walk(searching, partner, State.SIGNED_OFF)
    reveal_contact(paid, partner, reason="job page")
    charge = charge_of(paid, "job", paid.sign_off)
    ledger.book_charge(charge, mila_now())
    earnings.earn_charge(charge, mila_now())
    paid = signing.settle(paid.pk)
    billing_of(partner)
    for paper in papers.issue_for_charge(charge.pk):
        PaperFile.of(paper, b"%PDF").save()
    job = cast.claimed(
        factories.placed_booking(wishes=[factories.service_day_at(9, days=5)]), partner
    )
    offered = factories.placed_booking(wishes=[factories.service_day_at(15, days=6)])
    offers.open_next(offered.pk)
    set_clock(mila_now(), speed=0)  # on a slow machine its two minutes would be over
    return SimpleNamespace(
        paid=paid,
        job=job,
        offered=offered,
        charge=charge,
        partner=partner,
        rival=rival_partner,
        now=mila_now(),
    )


def charge_of(booking, kind, frozen=None, **columns):
    amounts = {
        "amount_cents": 2500,
        "service_cents": 2500,
        "booking_fee_cents": 0,
        "commission_cents": 500,
    }
    amounts |= {"partner_cents": 2000}
    if frozen:
        amounts = {name: getattr(frozen, name) for name in amounts if name != "amount_cents"}
        amounts["amount_cents"] = frozen.charge_cents
    values = {
        "state": "succeeded",
        "currency": "EUR",
        "partner": booking.partner,
        **amounts,
        **columns,
    }
    return Charge.objects.create(booking=booking, kind=kind, **values)


def change(model, pk, **columns):
    with forged():
        assert model.objects.filter(pk=pk).update(**columns) == 1


def assignment(booking, technician, at, **columns):
    return Assignment.objects.create(
        booking=booking,
        partner=technician.partner,
        technician=technician,
        start_at=at,
        claimed_at=at,
        **columns,
    )


def access(booking, technician, at):
    ContactAccess.objects.create(
        booking=booking, partner=technician.partner, reason="job page", at=at
    )


def running(w):
    return Assignment.objects.get(booking=w.job, ended_at=None)


def met(w):
    return Assignment.objects.get(booking=w.paid, ended_at=None)


def last_event(w):
    return BookingEvent.objects.filter(booking=w.job).last()


def line(w):
    LedgerEntry.objects.create(
        entry=uuid.uuid4(),
        key="odd",
        account="stripe",
        booking=w.paid,
        currency="EUR",
        cents=1,
        at=w.now,
    )


def event(w, **columns):
    StripeEvent.objects.create(
        stripe_id="evt_1", type="x", object_id="x", livemode=False, payload={}, **columns
    )


def notice(w):
    row = Notification.objects.filter(subject_id=w.job.uuid).first()
    change(Notification, row.pk, state="queued", due_at=None)


def operation(w):
    Charge.objects.filter(pk=w.charge.pk).update(state="failed", next_at=None)
    Operation.objects.create(charge=w.charge, kind="confirm", key="k", params={}, state="sent")


def version_1(w):
    return w.job.quotes.get()


def gone(model, *pks):
    with forged():
        model.objects.filter(pk__in=pks)._raw_delete("default")


def all_versions_gone(w):
    """And with them every trace on the booking itself."""
    gone(QuoteEvent, *w.job.quote_events.values_list("pk", flat=True))
    gone(QuoteLine, *QuoteLine.objects.filter(quote__booking=w.job).values_list("pk", flat=True))
    gone(Quote, *w.job.quotes.values_list("pk", flat=True))
    change(Booking, w.job.pk, quotes_hash="")


def receipt(w):
    return Paper.objects.get(charge=w.charge, kind="receipt")


def invoice(w):
    return Paper.objects.get(
        charge=w.charge, kind="invoice", booking=w.paid, partner=w.partner.partner
    )


def erased_with_a_name(w):
    factories.UserFactory(name="Odile", email="1@erased.invalid")


# What breaks which invariant; every invariant has at least one.
def advanced(w):
    return Advance.objects.create(
        charge=w.charge,
        cents=w.charge.partner_cents,
        by=w.partner.user,
        reason="Thirty days",
        made_at=w.now,
    )


def refunded(w, **values):
    parts = {
        "amount_cents": 1,
        "service_cents": 1,
        "mila_cents": 1,
        "state": "planned",
        "currency": "EUR",
    }
    none = dict.fromkeys(
        ("booking_fee_cents", "partner_cents", "commission_cents", "reversal_cents", "fee_cents"), 0
    )
    change(Charge, w.charge.pk, refunded_cents=1)
    return Refund.objects.create(charge=w.charge, **{**parts, **none, **values})


def contested(w, **values):
    row = {
        "stripe_id": "du_1",
        "state": "open",
        "currency": "EUR",
        "amount_cents": 1,
        "opened_at": w.now,
    }
    return Dispute.objects.create(charge=w.charge, **{**row, **values})


def paid_out(w, **columns):
    """A payout of the paid job's share, as it would be on its day, but for these columns."""
    share = w.charge.earning
    change(Earning, share.pk, free_at=w.now - HOUR)
    values = {
        "partner": share.partner,
        "currency": "EUR",
        "cents": share.cents,
        "day": share.promised_on,
    }
    payout = Payout.objects.create(**{**values, "state": "planned", "next_at": w.now, **columns})
    change(Earning, share.pk, payout=payout)


BREACHES = [
    ("I1", "no assignment", lambda w: change(Assignment, running(w).pk, ended_at=w.now)),
    ("I1", "an assignment without a partner", lambda w: assignment(w.offered, w.partner, w.now)),
    (
        "I1",
        "another's assignment",
        lambda w: change(Assignment, running(w).pk, technician=w.rival, partner=w.rival.partner),
    ),
    (
        "I1",
        "time of no assignment",
        lambda w: CalendarEntry.objects.create(
            technician=w.rival, kind="job", during=DateTimeTZRange(w.now, w.now + HOUR, "[)")
        ),
    ),
    ("I2", "settled, not paid", lambda w: change(Charge, w.charge.pk, state="failed")),
    ("I2", "paid, not settled", lambda w: change(Booking, w.paid.pk, state="signed_off")),
    ("I2", "a fee nobody owes", lambda w: charge_of(w.job, "fee")),
    ("I3", "nobody signed", lambda w: charge_of(w.job, "job", w.paid.sign_off)),
    (
        "I3",
        "other shares",
        lambda w: change(Charge, w.charge.pk, commission_cents=1381, partner_cents=5519),
    ),
    ("I3", "another quote", lambda w: change(Quote, w.paid.sign_off.quote_id, service_cents=7000)),
    (
        "held",
        "sent before it was read",
        lambda w: change(Assignment, met(w).pk, code_typed_at=None),
    ),
    ("L10", "above the ceiling", lambda w: change(Booking, w.paid.pk, service_cents=4599)),
    (
        "L10",
        "raised by a stroke alone",
        lambda w: change(Quote, w.paid.sign_off.quote_id, acceptance_kind="screen"),
    ),
    (
        "L10",
        "signed and never accepted",
        lambda w: change(Quote, w.paid.sign_off.quote_id, accepted_at=None),
    ),
    ("I4", "a lonely line", line),
    ("I4", "paid, not booked", lambda w: charge_of(w.job, "job", w.paid.sign_off)),
    ("I7", "no row of the table", lambda w: change(BookingEvent, last_event(w).pk, move="confirm")),
    (
        "I7",
        "by somebody who may not",
        lambda w: change(BookingEvent, last_event(w).pk, role="customer"),
    ),
    ("I7", "a gap", lambda w: change(BookingEvent, last_event(w).pk, sequence=9)),
    ("I7", "a state of no event", lambda w: change(Booking, w.job.pk, state="called")),
    ("I8", "a booking overdue", lambda w: change(Booking, w.job.pk, due_at=w.now - HOUR)),
    (
        "I8",
        "a clock overdue",
        lambda w: change(Clock, w.offered.clocks.get().pk, due_at=w.now - HOUR),
    ),
    (
        "I8",
        "an offer overdue",
        lambda w: Offer.objects.filter(booking=w.offered).update(expires_at=w.now - HOUR),
    ),
    (
        "I8",
        "a clock of an ended booking",
        lambda w: change(Booking, w.paid.pk, due_at=w.now + HOUR),
    ),
    ("I9", "a message nobody takes up", lambda w: event(w, next_at=None)),
    (
        "I9",
        "a charge nobody takes up",
        lambda w: change(Charge, w.charge.pk, state="unknown", next_at=None),
    ),
    ("I9", "a call without an answer", operation),
    ("I10", "a message nobody sends", notice),
    ("I11", "seen by a rival", lambda w: access(w.job, w.rival, w.now)),
    ("I11", "seen before the claim", lambda w: access(w.job, w.partner, w.now - HOUR)),
    (
        "I11",
        "seen too long after",
        lambda w: access(w.paid, w.partner, w.paid.signed_off_at + timedelta(days=7)),
    ),
    ("I13", "an altered event", lambda w: change(BookingEvent, last_event(w).pk, reason="other")),
    ("I13", "the last event gone", lambda w: gone(BookingEvent, last_event(w).pk)),
    ("I13", "a sign-off gone", lambda w: gone(SignOff, w.paid.sign_off.pk)),
    ("I13", "another price", lambda w: change(Quote, version_1(w).pk, service_cents=6901)),
    (
        "I13",
        "another hour of a price",
        lambda w: change(Quote, version_1(w).pk, created_at=w.now - HOUR),
    ),
    ("I13", "another answer", lambda w: change(Quote, version_1(w).pk, acceptance_kind="screen")),
    (
        "I13",
        "another instant of the answer",
        lambda w: change(Quote, version_1(w).pk, accepted_at=w.now - HOUR),
    ),
    (
        "I13",
        "another word of a line",
        lambda w: change(QuoteLine, version_1(w).lines.get().pk, label="Wi-Fi"),
    ),
    (
        "I13",
        "another amount of a line",
        lambda w: change(QuoteLine, version_1(w).lines.get().pk, cents=1),
    ),
    (
        "I13",
        "another step",
        lambda w: change(QuoteEvent, w.job.quote_events.first().pk, words="[]"),
    ),
    ("I13", "the last step gone", lambda w: gone(QuoteEvent, w.job.quote_events.last().pk)),
    (
        "I13",
        "all steps gone",
        lambda w: gone(QuoteEvent, *w.job.quote_events.values_list("pk", flat=True)),
    ),
    ("I13", "all versions gone", all_versions_gone),
    (
        "way",
        "paid and not booked",
        lambda w: WayPay.objects.create(booking=w.paid, partner=w.paid.partner, cents=0, at=w.now),
    ),
    ("I6", "another sum than its shares", lambda w: paid_out(w, cents=1)),
    ("I6", "somebody else's share", lambda w: paid_out(w, partner=w.rival.partner)),
    ("I6", "left and not booked", lambda w: paid_out(w, state="paid")),
    (
        "I6",
        "before the hold",
        lambda w: (paid_out(w), change(Earning, w.charge.earning.pk, free_at=w.now + HOUR)),
    ),
    ("I6", "back and still its", lambda w: paid_out(w, state="failed")),
    ("earned", "another amount", lambda w: change(Earning, w.charge.earning.pk, cents=1)),
    ("earned", "nothing", lambda w: Earning.objects.filter(pk=w.charge.earning.pk).delete()),
    (
        "I12",
        "a number given and not used",
        lambda w: Series.objects.filter(name="MFR").update(last=9),
    ),
    ("I12", "another word", lambda w: change(Paper, receipt(w).pk, content="{}")),
    ("I12", "another file", lambda w: change(PaperFile, receipt(w).file.pk, body="eA==")),
    ("I12", "another amount", lambda w: change(Paper, invoice(w).pk, total_cents=1)),
    ("refunds", "more counted than made", lambda w: change(Charge, w.charge.pk, refunded_cents=1)),
    ("refunds", "made and not booked", lambda w: refunded(w, made_at=w.now)),
    ("refunds", "open and not scheduled", lambda w: refunded(w)),
    ("advances", "made and not booked", advanced),
    ("disputes", "open and not scheduled", lambda w: contested(w)),
    ("disputes", "away and not booked", lambda w: contested(w, withdrawn_at=w.now, next_at=w.now)),
    ("disputes", "lost and not borne", lambda w: contested(w, state="lost")),
    ("I14", "an erased person's name", erased_with_a_name),
    ("L12", "other words", lambda w: change(SignOff, w.paid.sign_off.pk, text="other")),
    ("L12", "another hand", lambda w: change(SignOff, w.paid.sign_off.pk, signature="X")),
    (
        "search",
        "a row too few",
        lambda w: SkillSearch.objects.filter(technician=w.partner).delete(),
    ),
    (
        "search",
        "a wrong row",
        lambda w: SkillSearch.objects.filter(technician=w.partner).update(base_score_ppm=1),
    ),
    ("search", "points without a fault", lambda w: count_faults(w.partner, 9)),
    (
        "search",
        "a row too many",
        lambda w: type(w.partner).objects.filter(pk=w.partner.pk).update(active=False),
    ),
]
# These are about the house, not about one booking.
OF_THE_HOUSE = {"I4 a lonely line", "I1 time of no assignment", "I9 a message nobody takes up"}
OF_THE_HOUSE |= {"I14 an erased person's name", "I12 a number given and not used"}
