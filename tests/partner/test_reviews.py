"""The technician's reviews, and one answer to each (rule L14)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notification
from requests_app.actions import hiding, reviewing
from requests_app.models import Rating, State
from tests.requests_app.booking_states import booking_in

pytestmark = pytest.mark.django_db
PAGE = reverse("partner:reviews")


@pytest.fixture
def rated(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    reviewing.rate(
        booking.pk, quality=5, punctuality=4, friendliness=3, comment="Kind. Call 06 39 98 01 17"
    )
    return booking


def enter(client, technician):
    technician.user.language = "en"
    technician.user.save()
    client.force_login(technician.user)


def answer(client, booking, words="Thank you"):
    return client.post(reverse("partner:answer_review", args=[booking.uuid]), {"answer": words})


def text(client):
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(PAGE).content.decode()).split())


def test_they_read_what_was_said_and_answer_it(client, rated, partner):
    enter(client, partner)
    before = text(client)

    answer(client, rated, "Thank you very much.")

    assert "Quality 5, punctuality 4, friendliness 3" in before
    assert "Kind. Call •••" in before
    assert "Answer this review" in before
    after = text(client)
    assert "Thank you very much." in after
    assert "Answer this review" not in after
    assert (
        Notification.objects.filter(kind="review_answered", email=rated.customer.email).count() == 1
    )


def test_second_answer_is_refused_in_words(client, rated, partner):
    enter(client, partner)
    answer(client, rated, "The first.")

    answer(client, rated, "The second.")

    assert Rating.objects.get().answer == "The first."
    assert "Your first answer stands." in text(client)
    assert Notification.objects.filter(kind="review_answered").count() == 1


def test_answer_without_words_comes_back_with_its_error(client, rated, partner):
    enter(client, partner)

    page = answer(client, rated, " ")

    assert page.status_code == 422
    assert "Please write your answer." in page.content.decode()
    assert Rating.objects.get().answer == ""
    assert not Notification.objects.filter(kind="review_answered").exists()


def test_somebody_else_s_review_is_not_found(client, rated, rival_partner):
    enter(client, rival_partner)

    assert answer(client, rated).status_code == 404
    assert Rating.objects.get().answer == ""
    assert "Kind." not in text(client)


def test_job_without_a_review_has_nothing_to_answer(client, now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    enter(client, partner)

    assert answer(client, booking).url == PAGE
    assert not Notification.objects.filter(kind="review_answered").exists()


def test_hidden_words_are_not_theirs_either(client, rated, partner, staff):
    hiding.hide_comment(rated.pk, by=staff, reason="An insult")
    enter(client, partner)

    page = text(client)
    answer(client, rated)

    assert "We have hidden the words of this review." in page
    assert "Kind." not in page
    assert Rating.objects.get().answer == ""


def test_they_read_why_their_answer_was_hidden(client, rated, partner, staff):
    reviewing.answer_rating(rated.pk, partner.pk, answer="You idiot.")
    hiding.hide_answer(rated.pk, by=staff, reason="An insult")
    enter(client, partner)

    assert "We have hidden your answer. Our reason: An insult" in text(client)


def test_page_leads_from_theirs_and_to_the_public_one(client, partner):
    enter(client, partner)

    assert PAGE in client.get(reverse("partner:me")).content.decode()
    assert (
        reverse("customer:technician", args=[partner.public_id])
        in client.get(PAGE).content.decode()
    )


def test_as_many_queries_for_three_as_for_one(client, rated, partner, now):
    enter(client, partner)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        return len(asked)

    one = queries()
    for _ in range(2):
        partner.calendar_entries.all().delete()  # all of them at the same hour
        reviewing.rate(
            booking_in(State.SIGNED_OFF, partner, now).pk,
            quality=5,
            punctuality=5,
            friendliness=5,
            comment="",
        )

    assert queries() == one
