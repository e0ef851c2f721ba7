"""A stranger begins a draft and sends its link: nobody's own booking is made inside it
(rule B11, B12).
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import mail_words
from accounts.models import Notification
from requests_app.models import Booking, State
from tests.customer.test_draft_steps import PLACE, WHO, draft, service, up_to_when, url

__all__ = ["draft", "service"]  # fixtures


@pytest.fixture
def victim():
    return Client()


def begin(browser, service, **data):
    return browser.post(reverse("customer:book", args=[service.slug]), data)


def looks_at(browser, booking):
    return browser.get(reverse("customer:draft", args=[booking.token]), follow=True).status_code


@pytest.mark.parametrize("signed_in", [True, False])
def test_whoever_looked_at_a_link_begins_a_draft_of_their_own(
    client, victim, draft, service, customer, signed_in
):
    if signed_in:
        victim.force_login(customer)
    assert looks_at(victim, draft) == 200

    answer = begin(victim, service)

    mine = Booking.objects.exclude(pk=draft.pk).get()
    assert mine.token in answer.url
    up_to_when(victim, mine)
    victim.post(url("who", mine), WHO)
    draft.refresh_from_db()
    assert (draft.customer, draft.postcode, draft.state) == (None, "", State.DRAFT)
    assert Booking.objects.get(pk=draft.pk).contact.phone == ""
    # whoever began it goes on
    assert begin(client, service).url.startswith(f"/book/d/{draft.token}/")


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("named", [None, "odile@example.com", "other@example.com"])
def test_who_fills_in_a_strangers_draft_is_not_read_by_the_stranger(
    client, victim, draft, customer, signed_in, named
):
    up_to_when(client, draft)
    if named:
        client.post(url("who", draft), {**WHO, "email": named})
        draft.refresh_from_db()
    if signed_in:
        victim.force_login(customer)
    planted = draft.token

    victim.post(url("place", draft), PLACE)
    answer = victim.post(url("who", draft), {**WHO, "email": "odile@example.com"})

    draft.refresh_from_db()
    assert draft.token != planted
    assert answer.url == reverse("customer:card", args=[draft.token])
    for address in ("customer:draft", "customer:draft_who", "customer:booking", "customer:card"):
        assert client.get(reverse(address, args=[planted])).status_code == 404
    assert begin(victim, draft.service).url == answer.url  # now it is the one's who filled it in


def test_what_was_begun_as_a_guest_gets_another_link_when_an_account_takes_it_over(
    client, draft, customer
):
    """A browser that others use: what was begun before somebody signed in may be anybody's."""
    up_to_when(client, draft)
    planted = draft.token
    client.force_login(customer)

    client.post(url("who", draft), WHO)

    draft.refresh_from_db()
    assert draft.customer == customer
    assert Client().get(reverse("customer:draft", args=[planted])).status_code == 404


@pytest.mark.parametrize("signed_in", [True, False])
def test_who_began_it_keeps_the_link(client, service, morning, customer, signed_in):
    if signed_in:
        client.force_login(customer)
    begin(client, service)
    booking = Booking.objects.get()
    up_to_when(client, booking)
    link = booking.token

    for _each in range(2):
        client.post(url("who", booking), WHO)

    booking.refresh_from_db()
    assert booking.token == link


def test_the_same_person_elsewhere_is_mailed_the_new_link(client, draft):
    up_to_when(client, draft)
    client.post(url("who", draft), WHO)
    elsewhere = Client()

    elsewhere.post(url("who", draft), WHO)

    draft.refresh_from_db()
    rows = Notification.objects.filter(kind="draft_saved", email="odile@example.com")
    assert rows.count() == 2
    assert all(draft.token in mail_words.unsealed(row)["link"] for row in rows)
