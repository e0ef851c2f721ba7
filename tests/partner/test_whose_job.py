"""Whose job it is: what strangers, those who lost it and those who are done may see."""

from datetime import timedelta

import pytest
from django.urls import reverse

from mila.clock import mila_now
from requests_app.actions import changes, visit
from requests_app.lifecycle import Role
from requests_app.models import ContactAccess, State
from tests.partner.test_job_page import FAIL, HTMX, NOTE, PAGES, SENT, at, seen, url

__all__ = ["at"]  # fixtures


@pytest.mark.parametrize("name", SENT + PAGES)
def test_somebody_elses_job_is_not_found(client, job, rival_partner, name):
    client.force_login(rival_partner.user)
    send = client.post if name in SENT else client.get
    before = job.events.count()

    response = send(url(job, name), {"reason": "x", "lat": 1, "lon": 1, **FAIL})

    assert response.status_code == 404
    assert seen(response.content.decode()) == []
    assert job.events.count() == before
    assert not ContactAccess.objects.filter(booking=job).exists()


@pytest.mark.parametrize("name", SENT + PAGES)
def test_wrong_role_is_refused_and_nobody_is_sent_to_sign_in(client, job, customer, name):
    send = client.post if name in SENT else client.get
    before = job.events.count()

    assert send(url(job, name)).url.startswith("/accounts/login/")

    client.force_login(customer)
    response = send(url(job, name))
    assert response.status_code == 403
    assert seen(response.content.decode()) == []
    assert job.events.count() == before


def test_technician_who_no_longer_works_is_refused(client, job, partner):
    partner.active = False
    partner.save()
    client.force_login(partner.user)

    assert client.get(url(job)).status_code == 403


def test_job_lost_between_the_look_and_the_verb(client, at, monkeypatch):
    booking = at(State.IN_PROGRESS)
    before = booking.events.count()

    def lost(*args):
        raise visit.NotYours

    monkeypatch.setattr(visit, "lock_own", lost)
    data = {
        "reason": "x",
        "done": "x",
        "explained": 1,
        "tidied": 1,
        "price": 69,
        "lat": 1,
        "lon": 1,
    }
    for name in (*SENT, "finish"):
        assert client.post(url(booking, name), {**data, **FAIL, **NOTE}).status_code == (
            409 if name == "position" else 404
        )

    assert booking.events.count() == before


LOSSES = {
    "released": lambda b, p: visit.release(b.pk, p.pk, by=p.user, reason="ill"),
    "cancelled": lambda b, p: changes.cancel(b.pk, role=Role.OPS, by=None),
}


@pytest.mark.parametrize("name", SENT + PAGES)
@pytest.mark.parametrize("loss", ["released", "cancelled"])
def test_lost_job_says_so_and_shows_nothing(client, at, partner, name, loss):
    booking = at(State.CALLED)
    LOSSES[loss](booking, partner)
    send = client.post if name in SENT else client.get
    before = booking.events.count()

    plain = send(url(booking, name), {"reason": "x", "lat": 1, "lon": 1, **FAIL})
    part = send(url(booking, name), headers=HTMX)

    assert plain.status_code == 404
    assert reverse("partner:jobs") in plain.content.decode()
    assert seen(plain.content.decode()) == []
    assert part.headers["HX-Refresh"] == "true"
    assert booking.events.count() == before
    assert not ContactAccess.objects.filter(booking=booking).exists()


def test_suspended_partner_sees_no_contact(client, at, partner):
    booking = at(State.CONFIRMED)
    partner.partner.suspended_at, partner.partner.suspension_reason = mila_now(), "Papers"
    partner.partner.save()

    for name in ("job",):
        page = client.get(url(booking, name)).content.decode()
        assert seen(page) == []


@pytest.mark.parametrize(
    ("days", "shown"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)]
)
def test_contact_ends_seven_days_after_the_signature(client, at, stopped_clock, days, shown):
    booking = at(State.SIGNED_OFF)
    stopped_clock(booking.signed_off_at + days)

    page = client.get(url(booking)).content.decode()

    assert bool(seen(page)) is shown
