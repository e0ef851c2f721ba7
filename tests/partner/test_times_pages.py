"""Another time, not again, ill today: on the pages of both sides (rule B9, L11, D1)."""

import pytest
from django.test import Client
from django.urls import reverse

from mila.clock import set_clock
from requests_app.actions import other_times
from requests_app.models import Avoidance, CallAttempt, State, TimeProposal
from tests.cast import next_wall, walk

HTMX = {"HX-Request": "true"}


@pytest.fixture
def odile():
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def technicians(client, partner):
    client.force_login(partner.user)
    return client


def theirs(name, booking):
    return reverse(f"customer:{name}", args=[booking.token])


def mine(name, booking):
    return reverse(f"partner:{name}", args=[booking.uuid])


def wall(days):
    return next_wall(days).isoformat(timespec="minutes")


def test_call_with_a_named_time_waits_for_the_customers_tap(technicians, odile, job):
    answer = technicians.post(
        mine("call", job), {"reached": "yes", "channel": "phone", "other_wall": wall(6)}
    )

    assert answer.status_code == 302
    job.refresh_from_db()
    assert job.state == State.CALLED
    assert CallAttempt.objects.get().wants_other_time
    proposal = TimeProposal.objects.get()
    page = odile.get(theirs("booking", job)).content.decode()
    assert "Another time is noted for you" in page

    odile.post(theirs("answer_time", job), {"proposal": proposal.pk, "accept": "1"})

    job.refresh_from_db()
    assert job.start_at == proposal.start_at


def test_call_with_a_time_that_cannot_be_keeps_nothing(technicians, job):
    answer = technicians.post(
        mine("call", job),
        {"reached": "yes", "channel": "phone", "other_wall": next_wall(6, hour=3).isoformat()},
    )

    assert answer.status_code == 422
    job.refresh_from_db()
    assert job.state == State.CLAIMED
    assert not CallAttempt.objects.exists()
    assert not TimeProposal.objects.exists()


def test_second_appointment_from_the_job_page(technicians, odile, searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)

    refused = technicians.post(mine("propose_time", booking), {"wall": wall(6)})
    assert refused.status_code == 422
    technicians.post(mine("propose_time", booking), {"wall": wall(6), "reason": "Le câble manque"})

    proposal = TimeProposal.objects.get()
    page = odile.get(theirs("booking", booking)).content.decode()
    assert "A second appointment is proposed" in page
    assert "Le câble manque" in page
    odile.post(theirs("answer_time", booking), {"proposal": proposal.pk, "accept": "1"})
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


@pytest.mark.parametrize(
    "data", [{}, {"proposal": "x", "accept": "1"}, {"proposal": "0", "accept": "1"}]
)
def test_answer_to_nothing_moves_nothing(odile, job, partner, data):
    other_times.propose(job.pk, partner.pk, wall=next_wall(6))
    events = job.events.count()

    assert odile.post(theirs("answer_time", job), data).status_code == 302

    assert job.events.count() == events
    assert TimeProposal.objects.get().accepted_at is None


def test_open_job_page_hears_of_the_answer(technicians, job, partner):
    page = mine("job", job)
    seen = technicians.get(page).context["page"].seen
    assert technicians.get(page, {"seen": seen}, headers=HTMX).status_code == 204

    other_times.propose(job.pk, partner.pk, wall=next_wall(6))

    assert technicians.get(page, {"seen": seen}, headers=HTMX).status_code == 200


def test_customer_keeps_somebody_away_and_takes_it_back(odile, searching, partner):
    booking = walk(searching, partner, State.SIGNED_OFF)
    assert theirs("not_again", booking) in odile.get(theirs("booking", booking)).content.decode()

    odile.post(theirs("not_again", booking), {"avoid": partner.pk})
    assert Avoidance.objects.get(ended_at=None).technician == partner
    assert (
        f'name="again" value="{partner.pk}"'
        in odile.get(theirs("not_again", booking)).content.decode()
    )
    odile.post(theirs("not_again", booking), {"again": partner.pk})

    assert not Avoidance.objects.filter(ended_at=None).exists()


def test_nobody_is_kept_away_who_never_had_the_booking(odile, job, rival_partner):
    odile.post(theirs("not_again", job), {"avoid": rival_partner.pk})
    odile.post(theirs("not_again", job), {})

    assert not Avoidance.objects.exists()


def test_technician_says_it_on_the_job_and_takes_it_back(technicians, job):
    technicians.post(mine("not_again", job), {})
    assert not Avoidance.objects.exists()

    technicians.post(mine("not_again", job), {"avoid": "1"})
    assert Avoidance.objects.get().said_by == "technician"
    technicians.post(mine("not_again", job), {"again": "1"})

    assert Avoidance.objects.get().ended_at


def test_one_tap_gives_the_day_back(technicians, job):
    set_clock(job.start_at.replace(hour=7), speed=0)
    assert job.service.name in technicians.get(reverse("partner:ill")).content.decode()

    answer = technicians.post(reverse("partner:ill"))

    assert answer.url == reverse("partner:jobs")
    job.refresh_from_db()
    assert job.state == State.SEARCHING
