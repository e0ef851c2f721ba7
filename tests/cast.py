"""The fixed cast of the tests, and a booking in each state that matters.

Loaded by tests/conftest.py.
"""

import io
import json
from datetime import datetime, time, timedelta

import pytest
from django.core.management import call_command

from accounts.models import Notification
from dispatch import offers
from mila.clock import mila_now, reset_clock, set_clock
from places.calendar import instant, is_service_day, wall_time
from requests_app.actions import answering, meeting, quoting, signing, visit
from requests_app.actions.doorstep import PhonePlace
from requests_app.models import Booking, Quote, SignOffKind, State, photo_storage
from tests import factories
from tests.payments import cast as paid

# A Tuesday morning: everybody is awake, no holiday is near.
MORNING = instant(datetime(2026, 11, 24, 10, 0), "Europe/Paris")
# What is told of a customer and a placed booking to nobody but who comes (rule D8).
CANARIES = (
    "Odile Perrachon",
    "33639980117",
    "06 39 98 01 17",
    "rue de l’Exemple",
    "4180A",
    "Les chambres",
    "odile@",
)


@pytest.fixture
def catalogued(transactional_db):
    """What a new dataset holds before people come: postcodes and services."""
    for name in ("load_gazetteer", "load_catalogue"):
        call_command(name, verbosity=0, stdout=io.StringIO())


@pytest.fixture
def customer(db):
    return factories.UserFactory(name="Odile Perrachon", email="odile@example.com")


@pytest.fixture
def partner(db):
    """A Friend's technician who may be asked."""
    return factories.TechnicianFactory(user__name="Yanis Corvel", user__email="yanis@example.com")


@pytest.fixture
def rival_partner(db):
    """Another one, a Pro's, a little farther away."""
    return factories.TechnicianFactory(
        user__name="Inès Rivale",
        user__email="ines@example.com",
        partner__kind="pro",
        lat=45.80,
        lon=4.90,
    )


@pytest.fixture
def somebody_free(morning):
    """Somebody who may be asked in Lyon and works all day: without them no time can be chosen
    (rule B14).
    """
    return factories.TechnicianFactory(user__name="Noé Libre", user__email="noe@example.com")


@pytest.fixture
def stranger(db):
    return factories.UserFactory(name="Nobody", email="stranger@example.com")


@pytest.fixture
def staff(db):
    return factories.UserFactory(
        name="Ops", email="ops@example.com", is_staff=True, is_superuser=True
    )


@pytest.fixture
def morning(db):
    """The product's clock stands near a Tuesday, 10:00 in Paris (it runs on from there)."""
    set_clock(MORNING)
    yield MORNING
    reset_clock()


@pytest.fixture
def stopped_clock(db):
    """A function that stops the product's clock at an instant; it stays there until it is set
    again.
    """
    yield lambda at: set_clock(at, speed=0)
    reset_clock()


def claimed(booking: Booking, technician) -> Booking:
    """The search opens a window for somebody; it must be this technician,
    who takes the first wish.
    """
    offer = offers.open_next(booking.pk)
    assert offer is not None
    assert offer.technician_id == technician.pk
    return offers.claim(booking.pk, technician.pk, rank=offer.wishes[0], by=technician.user)


def come_to(at: datetime) -> None:
    """The product's clock stands near this instant, if it has not passed it already."""
    if mila_now() < at:
        set_clock(at)


def nearly_time(booking: Booking) -> None:
    """Twenty minutes before the start: late enough to set off and to ring."""
    come_to(booking.start_at - timedelta(minutes=20))


def code_of(booking: Booking) -> str:
    """What the customer says at the door."""
    return booking.assignments.get(ended_at=None).code


def begin(booking: Booking, technician) -> Booking:
    """The two have met: the code is typed, the work begins."""
    assert meeting.type_code(booking.pk, technician.pk, code=code_of(booking)) == meeting.Code.RIGHT
    return visit.start(booking.pk, technician.pk, by=technician.user)


def walk(booking: Booking, technician, until: State) -> Booking:
    """From searching to the wanted state, by the partner's and the customer's own verbs, each at
    its hour.
    """
    user = technician.user
    steps = {
        State.CLAIMED: lambda: claimed(booking, technician),
        State.CALLED: lambda: visit.record_call(
            booking.pk, technician.pk, by=user, channel="phone", reached=True
        ),
        State.CONFIRMED: lambda: visit.confirm(booking.pk, technician.pk, by=user),
        State.EN_ROUTE: lambda: visit.depart(booking.pk, technician.pk, by=user),
        State.ARRIVED: lambda: visit.arrive(
            booking.pk, technician.pk, by=user, place=at_the_door()
        ),
        State.IN_PROGRESS: lambda: begin(booking, technician),
        State.FINISHED: lambda: visit.finish(
            booking.pk,
            technician.pk,
            by=user,
            report={"done": "Canal changé", "explained": True, "tidied": True},
        ),
        State.SIGNED_OFF: lambda: sign(booking),
    }
    for state, step in steps.items():
        if state == State.EN_ROUTE:
            nearly_time(booking)
        booking = step()
        assert booking.state == state
        if state == until:
            break
    return booking


def number_of(booking: Booking) -> str:
    """The last one that was mailed to who pays, to answer a dearer price with."""
    row = Notification.objects.filter(subject_id=booking.uuid, kind="price_code").latest("pk")
    return json.loads(row.sealed)["code"]


def propose(
    booking: Booking, technician, cents: int | None = None, *, key: str = "", **wanted
) -> Quote:
    """The technician proposes the next version: a Friend's price for the booked work, or what
    `wanted` says.
    """
    agreed = booking.quotes.agreed().latest("version").version
    return quoting.propose(
        booking.pk,
        technician.pk,
        by=technician.user,
        key=key or f"proposal-{booking.quotes.count()}",
        agreed_version=agreed,
        wanted=quoting.Wanted(service_cents=cents, **wanted),
        reason="The cable is broken",
    )


def agree(booking: Booking, technician, cents: int | None = None, **wanted) -> Booking:
    """The same, and the customer accepts it by their link."""
    quote = propose(booking, technician, cents, **wanted)
    return answering.accept(booking.pk, version=quote.version, by=None)


def at_the_door(metres: int = 0, accuracy_m: int = 20) -> PhonePlace:
    """Where a phone is, so many metres north of the customer's door."""
    return PhonePlace(factories.LYON["lat"] + metres / 111_195, factories.LYON["lon"], accuracy_m)


def sign(booking: Booking, *, key: str = "key-1", kind: str = SignOffKind.SCREEN) -> Booking:
    """The customer signs what is agreed."""
    return signing.sign_off(
        booking.pk,
        key=key,
        kind=kind,
        quote_version=booking.quotes.agreed().latest("version").version,
        signer="Odile Perrachon",
        signature="Odile Perrachon",
        device="test",
        by=None,
    )


@pytest.fixture
def searching(morning, customer):
    """A placed booking, 14:00 of the next service day but two."""
    return factories.placed_booking(customer=customer)


@pytest.fixture
def job(searching, partner):
    """The same, claimed by the partner."""
    return claimed(searching, partner)


def next_wall(days: int, hour: int = 14) -> datetime:
    """A local wall time that can be booked, for forms and verbs."""
    day = wall_time(mila_now(), "Europe/Paris").date() + timedelta(days=days)
    while not is_service_day(day, "FR", "69"):
        day += timedelta(days=1)
    return datetime.combine(day, time(hour))


@pytest.fixture
def now(morning, stopped_clock):
    """A Tuesday, 10:00 in Paris, until the test stops the clock at another instant."""
    stopped_clock(morning)
    return morning


@pytest.fixture
def files():
    """A function that names the files of photos in the storage, which is empty before the test.

    It lives as long as the process: what other tests have left is not of this one.
    """
    storage = photo_storage()

    def names():
        return set(storage.listdir("photos")[1]) if storage.exists("photos") else set()

    for name in names():
        storage.delete(f"photos/{name}")
    return names


@pytest.fixture
def still(stopped_clock):
    stopped_clock(MORNING)
    return MORNING


@pytest.fixture
def wanted(still, customer):
    """Friday 27 November 2026, 14:00 to 15:00 in Lyon, looking for somebody."""
    return factories.placed_booking(customer=customer)


@pytest.fixture
def payer(morning, customer):
    return customer


@pytest.fixture
def payee(morning):
    """A Friend's technician whose partner can receive money."""
    return paid.payee(user__name="Yanis Corvel", user__email="yanis@example.com")


@pytest.fixture
def owing(payer, payee):
    """A function: a signed-off booking whose card has this number."""

    def make(number=paid.GOOD, **kwargs):
        return paid.signed_booking(payer, paid.saved_card(payer, number), payee, **kwargs)

    return make


@pytest.fixture
def booked(searching, payer):
    """A booking whose card can really be charged."""
    searching.card = paid.saved_card(payer)
    searching.customer = payer
    searching.save(update_fields=["card", "customer"])
    return searching
