"""The thread on the pages of both sides: written, read, mailed, closed (rule L1, D8)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import mail_words
from accounts.models import Notification
from requests_app.actions import messaging, visit
from requests_app.models import Author, Message, MessagePhrase, State
from tests import pictures
from tests.cast import walk

HTMX = {"HX-Request": "true"}
EN = {"accept-language": "en"}


def theirs(booking):
    return reverse("customer:messages", args=[booking.token])


def mine(booking):
    return reverse("partner:messages", args=[booking.uuid])


@pytest.fixture
def technicians(client, partner):
    client.force_login(partner.user)
    return client


@pytest.fixture
def odile():
    return Client(headers=EN)


def send(client, url, **message):
    key = client.get(url).context["form"]["key"].value()
    return client.post(url, {"key": key, **message})


def test_one_writes_and_the_other_reads(technicians, odile, job):
    answer = send(odile, theirs(job), text="Sonnez deux fois.\nMerci.")
    assert (answer.status_code, answer.url) == (302, theirs(job))
    assert "Sonnez deux fois.<br>Merci." in technicians.get(mine(job)).content.decode()

    answer = send(technicians, mine(job), phrase="thanks")
    assert answer.url == mine(job)
    page = odile.get(theirs(job)).content.decode()
    assert "Thank you." in page
    assert job.technician.name in page


def test_photo_is_shown_to_both(technicians, odile, job):
    send(odile, theirs(job), photo=pictures.upload(pictures.jpeg()))

    key = Message.objects.get().photo.key
    large = reverse("partner:photo", args=[job.uuid, key])
    assert large in technicians.get(mine(job)).content.decode()
    assert technicians.get(large).status_code == 200
    assert odile.get(reverse("customer:photo_small", args=[job.token, key])).status_code == 200


def test_an_open_page_hears_of_a_message(odile, job):
    messaging.write(
        job.pk, Author.TECHNICIAN, key="k", technician_id=job.technician_id, text="J’arrive bientôt"
    )

    part = odile.get(theirs(job), headers=HTMX).content.decode()

    assert part.strip().startswith('<div id="thread"')
    assert "J’arrive bientôt" in part


def test_what_is_refused_stays_in_the_form(odile, job):
    answer = send(odile, theirs(job), text="Mot de passe : Soleil2026")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Soleil2026</textarea>" in page
    assert "password" in page
    assert not Message.objects.exists()


def test_nothing_is_nothing(odile, job):
    answer = send(odile, theirs(job), text="  ")

    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_no_picture_is_refused_in_words(odile, job):
    answer = send(odile, theirs(job), photo=pictures.upload(b"no picture", name="x.jpg"))

    assert answer.status_code == 422
    assert "It is not a picture we can read" in answer.content.decode()
    assert not Message.objects.exists()


def test_booking_page_leads_there_and_says_who_wrote_last(technicians, odile, job):
    page = reverse("customer:booking", args=[job.token])
    assert theirs(job) in odile.get(page).content.decode()

    send(technicians, mine(job), phrase=MessagePhrase.PARKING)

    text = odile.get(page).content.decode()
    assert "Write to Yanis" in text
    assert "New for you" in text


def test_job_page_has_call_text_and_message_one_tap_away(technicians, odile, job):
    send(odile, theirs(job), text="Bonjour")

    answer = technicians.get(reverse("partner:job", args=[job.uuid]))
    text, page = answer.content.decode(), answer.context["page"]

    assert 'href="tel:+33639980117"' in text
    assert 'href="sms:+33639980117"' in text
    assert f'{mine(job)}">' in text
    assert page.unanswered


def test_open_job_page_hears_of_a_message(technicians, odile, job):
    page = reverse("partner:job", args=[job.uuid])
    seen = technicians.get(page).context["page"].seen
    assert technicians.get(page, {"seen": seen}, headers=HTMX).status_code == 204

    send(odile, theirs(job), text="Bonjour")

    assert technicians.get(page, {"seen": seen}, headers=HTMX).status_code == 200


def test_lost_job_shows_its_thread_no_more(technicians, job, partner):
    messaging.write(job.pk, Author.CUSTOMER, key="k", text="La clé est sous le pot")
    visit.release(job.pk, partner.pk, by=partner.user, reason="Malade")

    answer = technicians.get(mine(job))
    assert answer.status_code == 404
    assert "sous le pot" not in answer.content.decode()
    assert technicians.post(mine(job), {"key": "k" * 30, "text": "Bonjour"}).status_code == 404
    assert Message.objects.count() == 1


def test_failed_visit_closes_both_forms(technicians, odile, searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)
    messaging.write(booking.pk, Author.CUSTOMER, key="k", text="La clé est sous le pot")
    visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="Pas de ligne", fault="nobody")

    assert "<textarea" not in odile.get(theirs(booking)).content.decode()
    page = technicians.get(mine(booking)).content.decode()
    assert "<textarea" not in page
    assert "sous le pot" not in page
    assert technicians.post(mine(booking), {"key": "k" * 30, "text": "Bonjour"}).status_code == 409
    assert Message.objects.count() == 1


def test_mail_leads_to_the_thread(odile, job):
    messaging.write(
        job.pk, Author.TECHNICIAN, key="k", technician_id=job.technician_id, text="J’arrive bientôt"
    )
    link = mail_words.unsealed(Notification.objects.get(kind="message_for_customer"))["link"]

    assert odile.get(link).url == theirs(job)
