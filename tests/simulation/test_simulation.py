"""The simulation and the demo dataset are made by the real verbs: small ones are played here."""

import pytest
from django.core.management import call_command

from backoffice.invariants import violations
from mila.celery import app
from mila.clock import reset_clock
from places.calendar import instant
from requests_app.models import ENDED, Booking
from simulation import bad_faith
from simulation.figures import figures
from simulation.play import Simulation
from tests.cast import MORNING

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "standin"])


@pytest.fixture
def shop(monkeypatch):
    """Postcodes and catalogue; jobs run in this process, mails are not sent."""
    call_command("load_gazetteer", verbosity=0)
    call_command("load_catalogue", verbosity=0)
    monkeypatch.setattr(app.tasks["accounts.deliver"], "apply_async", lambda *args, **kwargs: None)
    uuid = Booking._meta.get_field("uuid")
    default = uuid.default
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
    uuid.default = default
    reset_clock()


def test_every_booking_comes_to_an_end_and_everything_holds(shop):
    game = Simulation(bookings=5, partners=16, seed=3)
    game.people(instant(MORNING.replace(tzinfo=None), "Europe/Paris"))

    game.run(lambda done: None)

    result = figures()
    assert result["bookings"] == 5
    assert result["signed"] == result["charged"]
    assert set(Booking.objects.values_list("state", flat=True)) <= set(ENDED)
    assert violations() == {}


def test_bad_faith_brings_no_cent_and_no_address(shop, monkeypatch):
    monkeypatch.setattr(bad_faith, "SHARE", 1.0)
    game = Simulation(bookings=6, partners=16, seed=5)
    game.people(instant(MORNING.replace(tzinfo=None), "Europe/Paris"))

    game.run(lambda done: None)

    found = game.bad_faith.figures()
    assert found["leaves_early_refused"] > 0
    assert found["cents_charged_unasked"] == 0
    assert violations() == {}  # among them: no look at a contact outside of an assignment
