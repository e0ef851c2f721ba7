"""People who can pay and be paid at the stand-in, and bookings that owe."""

from datetime import date, datetime, time, timedelta

from accounts.models import User
from backoffice.invariants import violations
from catalogue.money import split
from mila.clock import mila_now, set_clock
from payments import cards, gateway, partners
from payments.charges import apply_intent, open_charge, retry_with_card, submit
from payments.models import WAITS, Charge, ChargeState, Earning
from payments.standin import user_actions
from payments.standin.models import Thing
from places.calendar import instant
from requests_app.deadlines import advance_from
from requests_app.models import (
    Assignment,
    Booking,
    BookingContact,
    Quote,
    QuoteOrigin,
    SignOff,
    SignOffKind,
    State,
)
from tests import factories

GOOD, REFUSED_AT_ONCE, DECLINES_LATER = "4242424242424242", "4000000000000002", "4000000000000341"
ASKS_ONCE, ASKS_ALWAYS, ASKS_THEN_DECLINES = (
    "4000002500003155",
    "4000002760003184",
    "4000008260003178",
)


def payee(**kwargs):
    """A technician whose partner can receive money at the stand-in."""
    technician = factories.TechnicianFactory(partner__stripe_account="", **kwargs)
    account = partners.open_account(technician.partner)
    user_actions.onboard(account)
    partners.refresh_account(account)
    return technician


def saved_card(customer: User, number: str = GOOD) -> str:
    """The id of a card of theirs, saved with authentication as in the card step."""
    draft = factories.DraftFactory(customer=customer, card="")
    setup = cards.open_setup(draft, by=customer)
    answer = user_actions.type_card(setup.client_secret, number)
    assert "error" not in answer, answer
    card = cards.finish_setup(setup).stripe_id
    setup.delete()
    for rows in (draft.wishes.all(), BookingContact.objects.filter(booking=draft)):
        rows.delete()
    # A draft has nothing else; to look for it in thirty tables took longer than to save the card.
    Booking.objects.filter(pk=draft.pk)._raw_delete("default")
    return card


def signed_booking(
    customer: User, card: str, technician, *, service_cents: int = 6900, **kwargs
) -> Booking:
    """Signed off and not charged yet; made by hand, not by walking there:
    some tests need hundreds.
    """
    booking = factories.DraftFactory(
        customer=customer, card=card, service_cents=service_cents, **kwargs
    )
    at = mila_now()
    Booking.objects.filter(pk=booking.pk).update(
        state=State.SIGNED_OFF,
        partner=technician.partner,
        technician=technician,
        claimed_at=at,
        clocks_from_at=at,
        start_at=booking.first_start_at,
        placed_at=at,
        finished_at=at,
        signed_off_at=at,
        unsettled_at=at,
    )
    Assignment.objects.create(
        booking=booking,
        partner=technician.partner,
        technician=technician,
        start_at=booking.first_start_at,
        claimed_at=at,
        code_typed_at=at,
    )
    quote = Quote.objects.create(
        booking=booking,
        version=1,
        origin=QuoteOrigin.BOOKING,
        service_cents=service_cents,
        created_at=at,
    )
    shares = split(
        service_cents,
        booking.policy.commission_bp[technician.partner.kind],
        booking.booking_fee_cents,
    )
    SignOff.objects.create(
        booking=booking,
        quote=quote,
        key=str(booking.uuid),
        kind=SignOffKind.SCREEN,
        text="",
        service_cents=shares.service_cents,
        booking_fee_cents=shares.fee_cents,
        commission_cents=shares.commission_cents,
        partner_cents=shares.partner_cents,
        charge_cents=shares.charge_cents,
        currency=booking.currency,
        signed_at=at,
        sha256="",
    )
    return Booking.objects.get(pk=booking.pk)


def charged(booking: Booking) -> Charge:
    """Opened and sent once, as the job of the sign-off does, and moments later."""
    return told_of(submit(open_charge(booking.pk).pk))


def told_of(charge: Charge) -> Charge:
    """Moments later: transfer and fee of what was paid are there, and the message about it came.
    What was paid and we have not heard of stays so.
    """
    if user_actions.let_captures_end() and charge.state == ChargeState.SUCCEEDED:
        apply_intent(charge.intent_id)
        charge.refresh_from_db()
    return charge


def earned(booking: Booking) -> Earning:
    """Charged, and the partner's share written down."""
    return charged(booking).earning


def unpaid_for_long(booking: Booking) -> Charge:
    """Its card was declined, and the clock stands where the share may be advanced."""
    charge = charged(booking)
    assert charge.state in WAITS
    set_clock(advance_from(booking.signed_off_at, booking.policy), speed=0)
    return charge


def pay_late(charge: Charge, card: str) -> Charge:
    """The customer pays after all, with another card."""
    retry_with_card(charge.pk, payment_method=card)
    charge = told_of(submit(charge.pk))
    assert charge.state == ChargeState.SUCCEEDED
    return charge


def wealth(customer: User, card: str) -> Charge:
    """Mila has earned something with somebody else, and it is available."""
    other = payee(user__name="Reto Ammann", lat=46.95, lon=7.44)
    charge = charged(signed_booking(customer, card, other, service_cents=90_000))
    set_clock(mila_now() + timedelta(days=3), speed=0)
    return charge


def come_to_payday(*earnings: Earning) -> date:
    """The clock stands at ten o'clock of the last of the promised days."""
    day = max(
        Earning.objects.filter(pk__in=[one.pk for one in earnings]).values_list(
            "promised_on", flat=True
        )
    )
    set_clock(instant(datetime.combine(day, time(10)), "Europe/Paris"), speed=0)
    return day


# What `verify_invariants` asks about money; the bookings here are made by hand, and never walked
# there.
MONEY = ("I2", "I3", "I4", "I6", "I9", "earned", "way", "advances", "refunds", "disputes")


def money_faults() -> dict[str, list[str]]:
    return {name: rows for name, rows in violations().items() if name in MONEY}


def payouts_at_stripe(account: str) -> list[dict]:
    return [
        thing.body
        for thing in Thing.objects.filter(kind="payout", account=account).order_by("serial")
    ]


def at_stripe(booking: Booking, *, kind: str = "job", status: str = "succeeded") -> list[dict]:
    """The stand-in's own list of charges of this booking."""
    match = {"metadata": {"booking": str(booking.uuid), "kind": kind}, "status": status}
    return [
        thing.body
        for thing in Thing.objects.filter(kind="charge", account="", body__contains=match)
    ]


def intents(booking: Booking) -> list[dict]:
    match = {"metadata": {"booking": str(booking.uuid)}}
    return [
        thing.body for thing in Thing.objects.filter(kind="payment_intent", body__contains=match)
    ]


def secret_of(charge: Charge) -> str:
    return gateway.retrieve_payment_intent(charge.intent_id).client_secret
