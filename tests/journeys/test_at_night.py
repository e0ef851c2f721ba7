"""A customer who cannot sleep: booked at 02:17, nobody is woken, the visit is on the same day
(rule B3, D7).
"""

from datetime import datetime

import pytest

from devstack import smoke_check
from devstack.instants import PARIS, instant_of
from dispatch.models import Offer
from mila.celery import app
from mila.clock import reset_clock, set_clock
from places.calendar import wall_time
from requests_app.models import Booking, State
from simulation import page_flows
from simulation.html_client import Visitor

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "standin"])
NIGHT = instant_of("2026-11-27T02:17")
EARLIEST = datetime(2026, 11, 27, 10, 30)
VISIT = datetime(2026, 11, 27, 15, 30)


@pytest.fixture
def site(live_server, catalogued, monkeypatch):
    """The pages, and one Friend in Lyon; what a worker would do is done at once, but for the first
    asking.
    """
    for name in ("accounts.deliver", "dispatch.search"):
        monkeypatch.setattr(app.tasks[name], "apply_async", lambda *args, **kwargs: None)
    app.conf.task_always_eager = True
    smoke_check.people()
    set_clock(NIGHT)
    yield live_server.url
    app.conf.task_always_eager = False
    reset_clock()


def sweep():
    for entry in app.conf.beat_schedule.values():
        app.tasks[entry["task"]]()


def book(site):
    customer = Visitor(site)
    page_flows.open_first_step(customer, "wifi-slow")
    page_flows.give_place(customer, street=smoke_check.STREET, postcode="69003", city="Lyon")
    page_flows.choose_time(customer, [VISIT])
    page_flows.give_contact(customer, **smoke_check.CUSTOMER)
    page_flows.type_card(customer, "4242424242424242")
    page_flows.order(customer)
    return Booking.objects.get()


def test_night_order_sleeps_until_the_morning_and_is_taken_then(site):
    booking = book(site)
    sweep()
    sweep()

    assert booking.state == State.SEARCHING
    assert not Offer.objects.exists()

    set_clock(instant_of("2026-11-27T07:29"), speed=0)
    sweep()
    assert not Offer.objects.exists()

    set_clock(instant_of("2026-11-27T07:30"))
    sweep()
    partner = Visitor(site)
    page_flows.sign_in(partner, smoke_check.PARTNER, smoke_check.PASSWORD)
    assert page_flows.see_offer(partner)
    job = page_flows.claim(partner)
    page_flows.record_call(partner, job, note="Box au salon.")
    page_flows.press(partner, job, "confirm")

    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED
    assert wall_time(booking.start_at, PARIS) == VISIT


def test_night_offers_no_start_before_half_past_ten(site):
    customer = Visitor(site)
    page_flows.open_first_step(customer, "wifi-slow")
    page_flows.give_place(customer, street=smoke_check.STREET, postcode="69003", city="Lyon")

    starts = customer.form(has="current").choices["slot"]

    assert min(starts) == EARLIEST.isoformat(timespec="minutes")
