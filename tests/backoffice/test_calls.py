"""The list of calls on the board, its verbs, and fates on a booking's page (rule N1, O1)."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts import delivery
from accounts.models import Attempt, DeadAddress
from requests_app import notices
from tests.accounts.ladders import play
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(job, monkeypatch):
    play(monkeypatch, push="dead", sms="dead", email="dead")
    row = notices.queue(job, "job_moved", round=77)
    delivery.deliver(row.pk)
    return row.attempts.get()


@pytest.fixture
def desk(client, staff):
    staff.language = "en"
    staff.save(update_fields=["language"])
    sign_in(client, staff)
    return client


def board(desk):
    return desk.get(reverse("admin:index"), headers={"accept-language": "en"}).content.decode()


def act(desk, attempt, name, reason="Spoken with Yanis"):
    return desk.post(
        reverse("admin:accounts_attempt_act", args=[attempt.pk, name]), {"reason": reason}
    )


def test_board_shows_who_is_to_be_called_and_leads_to_the_verb(desk, waiting, job):
    page = board(desk)

    assert reverse("admin:accounts_attempt_change", args=[waiting.pk]) in page
    assert job.number in page
    assert str(job.technician.user) in page


def test_called_takes_them_off_the_list_and_keeps_who_said_so(desk, waiting, staff):
    act(desk, waiting, "called")

    waiting.refresh_from_db()
    assert (waiting.state, waiting.notification.state) == ("seen", "seen")
    assert reverse("admin:accounts_attempt_change", args=[waiting.pk]) not in board(desk)
    assert "Spoken with Yanis" in LogEntry.objects.filter(user=staff).latest("pk").change_message


def test_a_call_without_a_word_is_refused(desk, waiting):
    act(desk, waiting, "called", reason="")

    assert Attempt.objects.get(pk=waiting.pk).state == "sent"


def test_called_in_vain_stays(desk, waiting):
    act(desk, waiting, "missed", reason="Voice mail")

    assert reverse("admin:accounts_attempt_change", args=[waiting.pk]) in board(desk)


def test_a_bookings_page_tells_each_channel(desk, job, waiting):
    page = desk.get(
        reverse("admin:requests_app_booking_change", args=[job.pk]),
        headers={"accept-language": "en"},
    )

    assert "Call by our team: Sent" in page.content.decode()


def test_dead_addresses_are_listed_masked_and_lifted(desk):
    dead = DeadAddress.objects.create(email="odile@example.com", reason="bounced")
    page = desk.get(reverse("admin:accounts_deadaddress_changelist")).content.decode()
    assert "o•••@example.com" in page
    assert "odile@" not in page

    desk.post(
        reverse("admin:accounts_deadaddress_act", args=[dead.pk, "lift"]),
        {"reason": "They wrote to us"},
    )

    assert not DeadAddress.objects.exists()
