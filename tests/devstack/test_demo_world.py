"""The demo at any hour of any day: whole or made again, on a clock of its own (rule H2)."""

from datetime import timedelta

import pytest
from django.conf import settings as site_settings

import embedded
from accounts.models import User
from backoffice.invariants import violations
from devstack import demo_world
from devstack.instants import INSTANTS, instant_of, last_service_morning
from devstack.models import DemoWorld
from dispatch.models import Offer, OfferState
from embedded import folders
from mila import clock, heartbeat
from mila.celery import app
from mila.clock import mila_now, set_clock
from places.calendar import bookable_days, bookable_starts, wall_time
from places.geocoding import locate
from policy.figures import Policy
from requests_app.deadlines import hours_of
from requests_app.models import Booking, State
from simulation import factor
from simulation.cast import CITIES
from simulation.demo import Demo
from simulation.outlook import promised

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
# jobs follow them
by_its_commits = pytest.mark.django_db(transaction=True, databases=["default", "standin"])
MORNING = instant_of("2026-11-24T10:00")
WEEK = timedelta(days=7)


@pytest.fixture
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "BASE", tmp_path)
    embedded.var(site_settings.INSTANCE).mkdir(parents=True)


# Those of `bin/test --instants`, and the two at which a first start once broke beside the one at
# night.
AS_ALWAYS = hours_of(Policy())
HOURS = {
    **INSTANTS,
    "before any window opens": "2026-11-27T07:20",
    "late in the evening": "2026-11-27T23:40",
}


@by_its_commits
@pytest.mark.parametrize("text", HOURS.values(), ids=HOURS)
def test_demo_is_whole_and_alive_at_any_hour(catalogued, in_process, monkeypatch, settings, text):
    settings.MILA_AT = instant_of(text).isoformat()

    demo_world.open_world()

    world = DemoWorld.objects.get()
    assert world.complete
    assert world.began_at == last_service_morning(instant_of(text))
    assert timedelta() < mila_now() - world.began_at < timedelta(minutes=10)
    assert set(Booking.objects.values_list("state", flat=True)) == set(State)
    assert promised()
    assert violations() == {}
    for entry in [*app.conf.beat_schedule.values()] * 2:
        app.tasks[entry["task"]]()
    assert Offer.objects.filter(state=OfferState.OPEN).exists()
    assert violations() == {}
    for city in CITIES:
        place = locate("1 rue de l’Exemple", city.postcodes[0], "", city.country)
        days = bookable_days(mila_now(), 60, place, AS_ALWAYS)
        # a visit can be booked for today
        assert days[0] == wall_time(mila_now(), place.timezone).date()
        assert bookable_starts(days[0], mila_now(), 60, place, AS_ALWAYS)


@by_its_commits
def test_build_that_is_broken_off_is_known_as_such(catalogued, in_process, monkeypatch):
    def killed(self, *args):
        raise KeyboardInterrupt

    monkeypatch.setattr(Demo, "left_as_it_is", killed)
    with pytest.raises(KeyboardInterrupt):
        demo_world.build(MORNING)

    assert DemoWorld.objects.get().complete is False
    assert demo_world.broken_off()


def test_people_of_an_older_build_are_no_demo_on_our_own_server(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert not demo_world.broken_off()  # empty: to be filled, not thrown away

    User.objects.create_user("client-1@mila.example")

    assert demo_world.broken_off()


def test_people_of_somebody_s_own_are_left_alone(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/mila")
    User.objects.create_user("anna@example.com")
    before = clock.mila_now()

    assert not demo_world.broken_off()
    demo_world.open_world()

    assert not DemoWorld.objects.exists()
    assert clock.mila_now() - before < timedelta(minutes=1)
    assert "people in this database are your own" in demo_world.greeting("http://localhost:8000")


def test_demo_of_last_week_goes_on_from_its_last_heartbeat(settings):
    DemoWorld.objects.create(began_at=MORNING, password="x", ops_password="y", complete=True)
    set_clock(MORNING + timedelta(hours=5), speed=0)
    heartbeat.stamp("offers")
    settings.MILA_AT = (MORNING + WEEK).isoformat()
    set_clock(MORNING + WEEK)

    assert not demo_world.broken_off()
    demo_world.open_world()

    assert timedelta() <= mila_now() - (MORNING + timedelta(hours=5)) < timedelta(minutes=1)


def test_demo_that_never_ran_goes_on_from_where_it_began():
    DemoWorld.objects.create(began_at=MORNING, password="x", ops_password="y", complete=True)

    demo_world.open_world()

    assert timedelta() <= mila_now() - MORNING < timedelta(minutes=1)


def test_greeting_says_desk_clock_and_logins():
    DemoWorld.objects.create(
        began_at=MORNING, password="mila-word", ops_password="ops-word", complete=True
    )
    set_clock(MORNING, speed=0)

    said = demo_world.greeting("http://localhost:8000")

    assert said.splitlines()[0].endswith("http://localhost:8000/_demo/")
    assert "Tuesday 24 November 2026, 10:00" in said
    assert "mila-word" in said
    assert "ops-word" in said
    assert factor.SECRET in said


def test_wish_to_begin_again_is_kept_until_the_world_is_made_anew(own_folder):
    assert not demo_world.is_asked_to_begin_again()

    demo_world.ask_to_begin_again()

    assert demo_world.is_asked_to_begin_again()
