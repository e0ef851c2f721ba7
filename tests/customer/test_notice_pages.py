"""What somebody was told and by which channels, on their own pages (rule N1)."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import delivery, receipts
from accounts.models import DeadAddress, NoticeChoice
from requests_app import notices
from tests.accounts.ladders import queue

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def told(job, customer):
    """Somebody was told that the technician comes, and by which channels."""
    row = notices.queue(job, "en_route", round=1)
    delivery.sweep()
    assert row.attempts.get().state == "reached"
    return row


def test_the_bookings_page_tells_what_was_said_and_never_a_code(client, job, told):
    page = client.get(reverse("customer:told", args=[job.token]), headers=ENGLISH).content.decode()

    assert "Text message · Reached" in page
    assert f"{job.technician.name} est en route" in page or "is on the way to you" in page
    assert job.assignments.get().code not in page
    link = client.get(
        reverse("customer:booking", args=[job.token]), headers=ENGLISH
    ).content.decode()
    assert reverse("customer:told", args=[job.token]) in link


def test_what_others_were_told_is_not_there(client, job):
    delivery.sweep()
    page = client.get(reverse("customer:told", args=[job.token]), headers=ENGLISH).content.decode()

    assert "A job for you" not in page


def test_a_list_of_what_was_said_proves_no_address(client, job):
    notices.queue(job, "address_code", round=1, code="12345678", until_at=None)
    delivery.sweep()

    assert "12345678" not in client.get(reverse("customer:told", args=[job.token])).content.decode()


@pytest.mark.parametrize(
    ("who", "name"), [("customer", "customer:notices"), ("partner", "partner:notices")]
)
def test_they_choose_their_channels(client, request, who, name):
    person = request.getfixturevalue(who)
    user = getattr(person, "user", person)
    client.force_login(user)
    page = client.get(reverse(name), headers=ENGLISH).content.decode()

    answer = client.post(reverse(name), {"call": "on", "push": "on"})

    assert answer.headers["Location"] == reverse(name)
    assert NoticeChoice.objects.get(user=user).without == ["sms"]
    assert all(f'name="{channel}"' in page for channel in ("push", "sms", "call"))
    assert 'name="email"' not in page


def test_a_choice_without_mail_is_refused_by_the_database(customer):
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeChoice.objects.create(user=customer, without=["email"])


def test_a_dead_address_is_told_to_its_person_who_may_ask_for_a_try(client, customer, job):
    DeadAddress.objects.create(email=customer.email, reason="bounced")
    customer.language = "en"
    customer.save(update_fields=["language"])
    client.force_login(customer)
    page = client.get(reverse("customer:notices"), headers=ENGLISH).content.decode()
    assert f"Our mails to {customer.email} come back" in page
    by_link = client.get(
        reverse("customer:told", args=[job.token]), headers=ENGLISH
    ).content.decode()
    assert "come back" in by_link
    assert customer.email not in by_link

    client.post(reverse("customer:mail_again"))

    assert not DeadAddress.objects.exists()
    assert (
        "come back" not in client.get(reverse("customer:notices"), headers=ENGLISH).content.decode()
    )


def test_somebody_elses_notices_are_not_theirs(client, customer, stranger, told):
    client.force_login(stranger)

    assert (
        "Text message"
        not in client.get(reverse("customer:notices"), headers=ENGLISH)
        .content.decode()
        .split("told")[-1]
    )


def test_statements_do_not_grow_with_the_notices(client, customer, django_assert_max_num_queries):
    client.force_login(customer)
    for round in range(12):
        row = queue(user=customer, email=customer.email, round=round)
        delivery.deliver(row.pk)
        receipts.arrived(row.attempts.first().pk)
    client.get(reverse("customer:notices"))
    with django_assert_max_num_queries(9):
        client.get(reverse("customer:notices"))
