"""What was agreed at the door is charged no sooner than the country's row says
(law R7; rule L9b, L10, M1).
"""

from datetime import timedelta

import pytest
from django.utils import translation

from mila.clock import mila_now
from payments import charges, sweeps
from payments.charges import opening
from payments.models import Charge, ChargeState
from policy.models import PolicyRow
from policy.queries import policy_at
from requests_app import statement
from requests_app.actions import answering, visit
from requests_app.models import Booking, State
from tests import factories
from tests.cast import MORNING, agree, begin, nearly_time, propose, sign, walk
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)
LONG_AGO = MORNING - timedelta(days=30)


@pytest.fixture
def technician(morning):
    return cast.payee()


@pytest.fixture
def visit_of(technician, customer):
    """A function: a visit that was ordered while this row was in force, in this state."""

    def made(state, *, country="FR", wait=WEEK):
        if wait:
            seconds = int(wait.total_seconds())
            PolicyRow.objects.create(
                key="door_payment_wait", value=seconds, country=country, starts_at=LONG_AGO
            )
        booking = factories.placed_booking(
            customer=customer,
            card=cast.saved_card(customer),
            policy_data=policy_at(mila_now(), "FR").to_json(),
        )
        return walk(booking, technician, state)

    return made


def now(booking):
    return Booking.objects.get(pk=booking.pk)


def to_the_signature(booking, technician):
    """From at work."""
    report = {"done": "Cable", "explained": True, "tidied": True}
    return sign(visit.finish(booking.pk, technician.pk, by=technician.user, report=report))


def test_charge_of_what_was_agreed_at_the_door_waits_for_its_day(
    visit_of, technician, stopped_clock
):
    booking = agree(visit_of(State.IN_PROGRESS), technician, 8900)
    accepted_at = booking.quotes.get(version=2).accepted_at
    to_the_signature(booking, technician)

    sweeps.sweep()
    charge = Charge.objects.get()
    assert (charge.state, charge.next_at) == (ChargeState.PLANNED, accepted_at + WEEK)
    stopped_clock(accepted_at + WEEK - SECOND)
    sweeps.sweep()
    assert cast.at_stripe(booking) == []

    stopped_clock(accepted_at + WEEK)
    sweeps.sweep()
    sweeps.sweep()

    assert [paid["amount"] for paid in cast.at_stripe(booking)] == [9190]
    assert now(booking).state == State.SETTLED


@pytest.mark.parametrize(("country", "wait"), [("CH", WEEK), ("FR", None)])
def test_without_a_row_of_its_country_it_is_charged_at_once(country, wait, visit_of, technician):
    booking = agree(visit_of(State.IN_PROGRESS, country=country, wait=wait), technician, 8900)
    to_the_signature(booking, technician)

    sweeps.sweep()

    assert len(cast.at_stripe(booking)) == 1


def test_nothing_agreed_at_the_door_waits_for_nothing(visit_of, technician):
    booking = visit_of(State.SIGNED_OFF)

    sweeps.sweep()

    assert len(cast.at_stripe(booking)) == 1


def test_what_was_agreed_before_the_arrival_waits_for_nothing(visit_of, technician):
    booking = agree(visit_of(State.CALLED), technician, 8900)
    by = {"by": technician.user}
    visit.confirm(booking.pk, technician.pk, **by)
    nearly_time(booking)
    visit.depart(booking.pk, technician.pk, **by)
    visit.arrive(booking.pk, technician.pk, **by)
    to_the_signature(begin(now(booking), technician), technician)

    sweeps.sweep()

    assert [paid["amount"] for paid in cast.at_stripe(booking)] == [9190]


def test_one_that_is_declined_makes_nothing_wait(visit_of, technician):
    booking = visit_of(State.IN_PROGRESS)
    quote = propose(booking, technician, 8900)
    answering.decline(booking.pk, version=quote.version, by=None)
    to_the_signature(booking, technician)

    sweeps.sweep()

    assert [paid["amount"] for paid in cast.at_stripe(booking)] == [7190]


def test_held_one_waits_for_whichever_is_later(visit_of, technician, monkeypatch, stopped_clock):
    monkeypatch.setattr(opening, "rests_on_word_alone", lambda booking, kind: True)
    booking = agree(visit_of(State.IN_PROGRESS), technician, 8900)
    accepted_at = booking.quotes.get(version=2).accepted_at
    to_the_signature(booking, technician)
    sweeps.sweep()
    charge = Charge.objects.get()
    assert charge.state == ChargeState.HELD

    charges.read(charge.pk)
    charges.agree(charge.pk)

    charge.refresh_from_db()
    assert (charge.state, charge.next_at) == (ChargeState.PLANNED, accepted_at + WEEK)


def test_silence_of_the_payer_waits_too(visit_of, technician, monkeypatch, stopped_clock):
    monkeypatch.setattr(opening, "rests_on_word_alone", lambda booking, kind: True)
    booking = agree(visit_of(State.IN_PROGRESS), technician, 8900)
    accepted_at = booking.quotes.get(version=2).accepted_at
    to_the_signature(booking, technician)
    sweeps.sweep()
    charge = charges.read(Charge.objects.get().pk)

    stopped_clock(charge.held_until)
    charges.let_go(charge.pk)

    charge.refresh_from_db()
    assert (charge.state, charge.next_at) == (ChargeState.PLANNED, accepted_at + WEEK)


def test_what_is_signed_and_the_pages_say_from_when(visit_of, technician, client):
    booking = agree(visit_of(State.IN_PROGRESS), technician, 8900)
    with translation.override("en"):
        words = statement.text(booking, booking.quotes.get(version=2))
    assert "charged with the total, not before" in words
    assert "with the total." not in words
    to_the_signature(booking, technician)
    sweeps.sweep()

    page = client.get(f"/b/{booking.token}/", headers={"Accept-Language": "en"}).content.decode()
    client.force_login(technician.user)
    thanks = client.get(f"/partner/jobs/{booking.uuid}/thanks/").content.decode()

    assert "Your card is charged later" in page or "débitée plus tard" in page
    assert "being charged" not in page
    assert "being charged" not in thanks
