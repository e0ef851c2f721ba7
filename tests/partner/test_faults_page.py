"""What is held against a technician, what it rests on and costs, and their appeal on a page
(rule L17, P3).
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts import actions
from mila.formats import full_day
from requests_app.actions import appealing
from requests_app.models import Appeal, State, Verdict
from tests.pictures import jpeg, upload
from tests.requests_app.booking_states import booking_in
from tests.requests_app.test_fault_ledger import miss

EN = {"accept-language": "en"}
PAGE = reverse("partner:faults")


@pytest.fixture
def fault(now, partner):
    booking = booking_in(State.CLAIMED, partner, now)
    miss(booking, now)
    return booking.faults.get()


@pytest.fixture
def theirs(client, partner):
    partner.user.language = "en"
    partner.user.save(update_fields=["language"])
    client.force_login(partner.user)
    return client


def text(client, url=PAGE):
    return client.get(url, headers=EN).content.decode()


def said(fault_at, days):
    return full_day(fault_at + timedelta(days=days), "Europe/Paris")


def appeal_url(fault):
    return reverse("partner:appeal_fault", args=[fault.uuid])


def test_fault_stands_there_with_evidence_cost_and_end(theirs, fault):
    page = text(theirs)

    with translation.override("en"):
        days = [said(fault.at, 90), said(fault.at, 14)]
    for words in ("No call in time", "Promised by", "1 broken promise", "of your score", *days):
        assert words in page
    assert appeal_url(fault) in page


def test_nothing_against_anybody_is_said_in_a_sentence(theirs, now):
    assert "Nothing. Calls, confirmations" in text(theirs)


def test_sent_appeal_waits_with_its_day(theirs, fault):
    theirs.post(appeal_url(fault), {"words": "I called", "photo": upload(jpeg("teal"))})

    page = text(theirs)
    assert "I called" in page
    assert "A person decides by" in page
    photo = theirs.get(reverse("partner:appeal_photo", args=[Appeal.objects.get().photo.key]))
    assert photo["content-type"] == "image/jpeg"


def test_photo_as_large_as_a_phone_makes_it_is_taken(theirs, fault):
    large = jpeg("teal") + bytes(4 * 1024 * 1024)

    theirs.post(appeal_url(fault), {"words": "I called", "photo": upload(large)})

    assert Appeal.objects.get().photo is not None


def test_photo_of_an_appeal_is_for_the_same_partner_alone(theirs, fault, rival_partner):
    theirs.post(appeal_url(fault), {"words": "I called", "photo": upload(jpeg("teal"))})
    address = reverse("partner:appeal_photo", args=[Appeal.objects.get().photo.key])
    another = Client()
    another.force_login(rival_partner.user)

    assert another.get(address).status_code == 404
    assert theirs.get(address).status_code == 200


@pytest.mark.parametrize("sent", [{"words": " "}, {"words": "x" * 2001}, {}])
def test_appeal_without_words_is_refused_and_nothing_is_kept(sent, theirs, fault):
    answer = theirs.post(appeal_url(fault), sent)

    assert answer.status_code == 422
    assert not Appeal.objects.exists()


def test_what_is_no_picture_is_refused_and_the_words_stay(theirs, fault):
    answer = theirs.post(
        appeal_url(fault), {"words": "I called", "photo": upload(b"no picture")}, headers=EN
    )

    assert answer.status_code == 422
    assert "I called" in answer.content.decode()
    assert not Appeal.objects.exists()


def test_over_time_leads_back_with_a_sentence(theirs, fault, stopped_clock):
    stopped_clock(fault.appeal_until_at)

    answer = theirs.post(appeal_url(fault), {"words": "I called"}, follow=True, headers=EN)

    assert "The time to appeal is over." in answer.content.decode()
    assert "That is not right" not in answer.content.decode()
    assert not Appeal.objects.exists()


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(Verdict.OVERTURNED, "it is taken back"), (Verdict.UPHELD, "It stays. The reason:")],
)
def test_verdict_stands_there_with_its_reason(verdict, words, theirs, fault, partner, staff):
    appeal = appealing.appeal_fault(
        partner, fault.uuid, words="I called", picture=None, by=partner.user
    )
    appealing.decide(appeal.pk, verdict=verdict, reason="We looked at the list", by=staff)

    page = text(theirs)

    assert words in page
    assert "We looked at the list" in page


def test_another_technicians_fault_is_not_there(client, fault, rival_partner):
    client.force_login(rival_partner.user)

    assert client.get(appeal_url(fault)).status_code == 404
    assert fault.booking.number not in text(client)


def test_suspension_says_why_on_what_and_how_to_appeal(theirs, partner, now):
    actions.suspend(partner.partner_id, reason="Complaints", evidence="Three letters")
    ban = partner.partner.suspensions.get()
    url = reverse("partner:appeal_suspension", args=[ban.uuid])

    theirs.post(url, {"words": "They were not mine"})

    page = text(theirs)
    for words in ("You are suspended", "Complaints", "Three letters", "They were not mine"):
        assert words in page
    assert reverse("partner:faults") in text(theirs, reverse("partner:me"))


def test_one_and_three_faults_take_the_same_queries(theirs, partner, now, fault):
    theirs.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        theirs.get(PAGE)
    for number in range(1, 3):
        miss(booking_in(State.CLAIMED, partner, now + timedelta(days=number)), now)
    with CaptureQueriesContext(connection) as three:
        theirs.get(PAGE)

    assert len(one) == len(three)
