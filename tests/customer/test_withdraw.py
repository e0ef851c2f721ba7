"""Withdrawing from the contract, online, for the whole period (rule B10, law R5)."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.urls import reverse

from accounts import delivery, mail_words
from accounts.models import Notification
from mila.clock import mila_now
from requests_app import withdrawal
from requests_app.models import Booking, State, last_made_at
from tests.cast import walk

EN = {"accept-language": "en"}
MINUTE = timedelta(minutes=1)


def url(name, booking):
    return reverse(f"customer:{name}", args=[booking.token])


def page_of(client, booking):
    return client.get(url("booking", booking), headers=EN).content.decode()


@pytest.fixture
def asked_early(searching):
    """Ordered with the wish to begin inside the 14 days."""
    Booking.objects.filter(pk=searching.pk).update(withdrawal_waived_at=mila_now())
    searching.refresh_from_db()
    return searching


@pytest.mark.parametrize(
    "state",
    [
        None,
        State.CLAIMED,
        State.CONFIRMED,
        State.EN_ROUTE,
        State.ARRIVED,
        State.IN_PROGRESS,
        State.FINISHED,
    ],
)
def test_two_clicks_from_the_booking_at_every_step_up_to_the_signature(
    state, client, asked_early, partner
):
    booking = walk(asked_early, partner, state) if state else asked_early
    link = re.search(rf'href="({url("withdraw", booking)})"', page_of(client, booking))
    assert link
    seen = client.get(link[1], headers=EN)

    answer = client.post(link[1], {"seen": seen.context["seen"]}, headers=EN)

    assert "Confirm the withdrawal</button>" in seen.content.decode()
    assert answer.url == url("booking", booking)
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
    assert "You have withdrawn from the contract" in page_of(client, booking)


def test_what_is_shown_is_what_is_charged(client, asked_early, partner, stopped_clock):
    booking = walk(asked_early, partner, State.IN_PROGRESS)
    stopped_clock(last_made_at(booking, "start") + 20 * MINUTE)
    seen = client.get(url("withdraw", booking), headers=EN)
    stopped_clock(last_made_at(booking, "start") + 23 * MINUTE)  # somebody reads

    client.post(url("withdraw", booking), {"seen": seen.context["seen"]})

    booking.refresh_from_db()
    assert seen.context["page"].cost_cents == booking.fee_cents == 2300
    assert f"{seen.context['page'].cost_cents / 100:.2f}" in seen.content.decode().replace(",", ".")


def test_a_cost_this_site_did_not_show_is_not_agreed(client, asked_early, partner, stopped_clock):
    """Fault M11."""
    booking = walk(asked_early, partner, State.IN_PROGRESS)
    stopped_clock(last_made_at(booking, "start") + 20 * MINUTE)

    answer = client.post(url("withdraw", booking), {"seen": "2300", "accepted_cost_cents": "2300"})

    assert answer.status_code == 422
    booking.refresh_from_db()
    assert booking.state == State.IN_PROGRESS


def test_after_the_last_day_there_is_neither_link_nor_page(client, asked_early, stopped_clock):
    Booking.objects.filter(pk=asked_early.pk).update(state=State.UNFILLED)
    stopped_clock(withdrawal.ends_at(asked_early))

    answer = client.get(url("withdraw", asked_early))

    assert url("withdraw", asked_early) not in page_of(client, asked_early)
    assert answer.url == url("booking", asked_early)


def test_after_the_signature_it_is_gone(client, asked_early, partner):
    booking = walk(asked_early, partner, State.SIGNED_OFF)

    assert url("withdraw", booking) not in page_of(client, booking)
    assert client.post(url("withdraw", booking), {"seen": ""}).url == url("booking", booking)
    booking.refresh_from_db()
    assert booking.state == State.SIGNED_OFF


def test_receipt_goes_out_with_day_and_hour_within_the_minute(
    client, asked_early, django_capture_on_commit_callbacks
):
    asked_early.language = "en"
    asked_early.save(update_fields=["language"])
    seen = client.get(url("withdraw", asked_early)).context["seen"]
    client.post(url("withdraw", asked_early), {"seen": seen})

    delivery.sweep()

    [receipt] = [one for one in mail.outbox if "withdrawn from the contract" in one.subject]
    assert asked_early.number in receipt.body
    assert "Received on 24 November 2026 at 10:0" in receipt.body
    assert receipt.to == ["odile@example.com"]


# --- Without the booking's page at hand: the page that every footer leads to


def page(client):
    return client.get(reverse("customer:withdrawal"), headers=EN).content.decode()


def ask(client, booking, email="odile@example.com"):
    return client.post(
        reverse("customer:withdrawal"), {"number": booking.number, "email": email}, headers=EN
    )


def links(booking):
    return Notification.objects.filter(subject_id=booking.uuid, kind="withdrawal_link")


def test_account_sees_its_own_open_contracts_three_clicks_in_all(
    client, searching, customer, stranger
):
    client.force_login(customer)
    assert f'href="{url("withdraw", searching)}"' in page(client)

    client.force_login(stranger)

    assert url("withdraw", searching) not in page(client)


def test_browser_that_ordered_sees_it_too_and_no_other(client, searching):
    assert url("withdraw", searching) not in page(client)
    session = client.session
    session["ordered"] = [str(searching.uuid)]
    session.save()

    assert f'href="{url("withdraw", searching)}"' in page(client)


def test_link_goes_to_the_booking_s_own_address_and_leads_to_the_confirmation(client, searching):
    answer = ask(client, searching)

    link = mail_words.unsealed(links(searching).get())["link"]
    assert "a message with the link" in client.get(answer.url, headers=EN).content.decode()
    assert client.get(link.removeprefix(settings.SITE_URL)).url == url("withdraw", searching)


@pytest.mark.parametrize("email", ["stranger@example.com", "odile@example.org"])
def test_another_address_learns_and_does_nothing(client, searching, email):
    known, unknown = ask(client, searching, email), ask(client, Booking(pk=999_999), email)

    assert known.url == unknown.url
    assert not links(searching).exists()


def test_links_by_mail_are_few(client, searching):
    for _ in range(8):
        ask(client, searching)

    assert links(searching).count() == searching.policy.address_codes_an_hour


@pytest.mark.parametrize("number", ["", "Mila", "M", "M0", "M99999999999", "1e5", "M12' OR 1"])
def test_what_is_no_number_is_said_beside_the_field(client, searching, number):
    answer = client.post(
        reverse("customer:withdrawal"), {"number": number, "email": "odile@example.com"}, headers=EN
    )

    assert answer.status_code == 422
    assert not links(searching).exists()
