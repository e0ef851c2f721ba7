"""The public page of a technician: what strangers may know, and nothing that reaches anybody
(rule L14, D8).
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import mail_words
from accounts.models import Notification, PartnerProfile, Technician
from customer.technician_page import PAGE
from mila.clock import mila_now
from requests_app.actions import hiding, reviewing
from requests_app.models import Rating, State
from tests.cast import walk
from tests.requests_app.booking_states import booking_in

pytestmark = pytest.mark.django_db
EN = {"accept-language": "en"}


def address(technician):
    return reverse("customer:technician", args=[technician.public_id])


def read(client, technician, **query):
    return client.get(address(technician), query, headers=EN)


def words(client, technician, **query):
    return " ".join(
        re.sub(r"<[^>]+>", " ", read(client, technician, **query).content.decode()).split()
    )


@pytest.fixture
def known(partner, now):
    """With a past: approved in May 2024, twelve visits, 4.9 stars, two languages."""
    PartnerProfile.objects.filter(pk=partner.partner_id).update(
        approved_at=datetime(2024, 5, 6, 9, tzinfo=UTC)
    )
    type(partner.user).objects.filter(pk=partner.user_id).update(
        date_joined=datetime(2024, 5, 1, tzinfo=UTC)
    )
    Technician.objects.filter(pk=partner.pk).update(
        settled_jobs=12, star_sum=49, star_count=10, languages=["fr", "en"], phone="+33639980117"
    )
    partner.refresh_from_db()
    return partner


def rated(technician, at, *, comment="Tout marche.", stars=5):
    booking = booking_in(State.SIGNED_OFF, technician, at)
    reviewing.rate(
        booking.pk, quality=stars, punctuality=stars, friendliness=stars, comment=comment
    )
    technician.calendar_entries.all().delete()  # all of them at the same hour
    return booking


def test_it_says_who_comes(client, known):
    text = words(client, known)

    for said in (
        "Yanis Friend",
        "4.9 10 reviews",
        "With Mila since May 2024",
        "Finished visits 12",
        "French, English",
        "Wi-Fi level 3 of 5",
        "Identity checked on 6 May 2024",
        "looked at the identity document",
        "Nobody has written anything yet.",
    ):
        assert said in text


def test_nothing_on_it_leads_to_them_beside_mila(client, known, customer):
    booking = rated(
        known, mila_now(), comment="Great, call them on 06 39 98 01 17 or yanis@example.com"
    )
    reviewing.answer_rating(
        booking.pk, known.pk, answer="Next time directly: www.yanis.example.com"
    )

    page = read(client, known).content.decode()

    assert "Great, call them on •••" in page
    for secret in (
        "Corvel",
        "9801",
        "98 01",
        "yanis@",
        "yanis.example",
        known.user.email,
        known.partner.name,
        known.partner.email,
        known.postcode,
        str(known.lat),
        "Perrachon",
        str(booking.uuid),
        booking.token,
    ):
        assert secret not in page


def test_reviews_come_newest_first_with_their_answers(client, known, now, stopped_clock):
    first = rated(known, now, comment="The first.")
    stopped_clock(now + timedelta(hours=1))
    rated(known, now, comment="The second.", stars=3)
    reviewing.answer_rating(first.pk, known.pk, answer="Thank you for the first.")

    text = words(client, known)

    assert (
        text.index("The second.")
        < text.index("The first.")
        < text.index("Answer of Yanis Thank you for the first.")
    )


def test_hidden_words_and_answers_are_gone(client, known, now, staff):
    insult, fine = rated(known, now, comment="A thief."), rated(known, now, comment="All fine.")
    reviewing.answer_rating(fine.pk, known.pk, answer="You idiot.")
    assert "A thief." in words(client, known)

    hiding.hide_comment(insult.pk, by=staff, reason="An insult")
    hiding.hide_answer(fine.pk, by=staff, reason="An insult")

    text = words(client, known)
    assert "All fine." in text
    assert "A thief." not in text
    assert "You idiot." not in text


def test_long_lists_have_pages(client, known, now):
    for number in range(PAGE + 1):
        rated(known, now, comment=f"Review {number}.")

    assert "Review 0." not in words(client, known)
    assert "Review 0." in words(client, known, page=2)


def hide(technician, **changes):
    Technician.objects.filter(pk=technician.pk).update(**changes)


def of_partner(technician, **changes):
    PartnerProfile.objects.filter(pk=technician.partner_id).update(**changes)


@pytest.mark.parametrize(
    "gone",
    [
        lambda one: hide(one, active=False),
        lambda one: of_partner(one, approved_at=None),
        lambda one: of_partner(one, suspended_at=mila_now(), suspension_reason="x"),
    ],
)
def test_who_does_not_work_here_has_no_page(client, known, gone):
    assert read(client, known).status_code == 200

    gone(known)

    assert read(client, known).status_code == 404


def test_it_is_found_by_its_long_id_alone(client, known):
    for wrong in (uuid4(), known.partner_id, known.pk):
        assert client.get(f"/technicians/{wrong}/").status_code == 404
    assert client.get("/technicians/").status_code == 404
    assert str(known.public_id) not in client.get("/sitemap.xml").content.decode()


def test_search_engines_leave_it_out(client, known):
    answer = read(client, known)

    assert answer["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.content.decode()


def test_company_vouches_for_whom_it_sends(client, rival_partner, now):
    text = words(client, rival_partner)

    assert "The company answers for whom it sends." in text
    assert "Pro: works for a company" in text
    assert rival_partner.partner.name not in text


# --- Kept like the other public pages


def test_second_reader_costs_the_facts_alone(client, known):
    rated(known, mila_now())
    read(client, known)

    with CaptureQueriesContext(connection) as asked:
        assert read(client, known).status_code == 200
    assert len(asked) <= 3  # the version, the technician, the skills


def test_browser_that_has_it_is_told_so(client, known):
    tag = read(client, known)["ETag"]

    same = client.get(address(known), headers={**EN, "if-none-match": tag})
    hide(known, settled_jobs=13)
    changed = client.get(address(known), headers={**EN, "if-none-match": tag})

    assert (same.status_code, same["X-Robots-Tag"], changed.status_code) == (304, "noindex", 200)
    assert "Finished visits 13" in words(client, known)


# --- The ways to it


def test_booking_leads_there_once_somebody_has_it(client, searching, partner):
    page = reverse("customer:booking", args=[searching.token])
    assert "/technicians/" not in client.get(page).content.decode()

    walk(searching, partner, State.CLAIMED)

    assert address(partner) in client.get(page).content.decode()
    mail = mail_words.render(Notification.objects.get(kind="claimed"))
    assert settings.SITE_URL + address(partner) in mail.body


def test_booking_leads_nowhere_while_there_is_no_page(client, job, partner):
    of_partner(partner, suspended_at=mila_now(), suspension_reason="x")

    assert (
        "/technicians/"
        not in client.get(reverse("customer:booking", args=[job.token])).content.decode()
    )


def test_own_review_and_its_answer_stand_on_the_booking(client, searching, partner, staff):
    booking = walk(searching, partner, State.SIGNED_OFF)
    page = reverse("customer:booking", args=[booking.token])
    reviewing.rate(booking.pk, quality=5, punctuality=5, friendliness=5, comment="Very kind.")
    reviewing.answer_rating(booking.pk, partner.pk, answer="Call me: 06 39 98 01 17")

    text = client.get(page, headers=EN).content.decode()
    assert "Very kind." in text
    assert "Call me: •••" in text

    hiding.hide_comment(booking.pk, by=staff, reason="It names a neighbour")
    hiding.hide_answer(booking.pk, by=staff, reason="x")

    text = client.get(page, headers=EN).content.decode()
    assert "Our reason: It names a neighbour" in text
    assert "Call me" not in text


def test_one_review_more_costs_no_query_more(client, known, now):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            read(client, known, page=1)  # with a question it is never a kept page
        return len(asked)

    rated(known, now)
    queries()  # what is kept for the country is read
    one = queries()
    for _ in range(2):
        rated(known, now)

    assert queries() == one
    assert Rating.objects.count() == 3
