"""Late: both sides see the same, the customer can say so from +15 min and go two ways from +30
(rule L9).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from requests_app.models import Booking, State
from tests.requests_app.booking_states import booking_in

EN = {"accept-language": "en"}
SAY, OTHER, FREE = "Nobody is here", "Send somebody else", "Cancel free of charge"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def awaited(now, partner):
    return booking_in(State.EN_ROUTE, partner, now)


def customers(client, booking):
    return client.get(
        reverse("customer:booking", args=[booking.token]), headers=EN
    ).content.decode()


def technicians(client, booking, partner):
    partner.user.language = "en"
    partner.user.save(update_fields=["language"])
    client.force_login(partner.user)
    return client.get(reverse("partner:job", args=[booking.uuid]), headers=EN).content.decode()


def offered(text):
    return [words for words in (f">{SAY}<", f">{OTHER}<") if words in text] + [
        FREE for _ in range(FREE in text)
    ]


@pytest.mark.parametrize(
    ("after", "buttons"),
    [(14 * MINUTE, []), (15 * MINUTE, [f">{SAY}<"]), (29 * MINUTE, [f">{SAY}<"]),
     (30 * MINUTE, [f">{SAY}<", f">{OTHER}<", FREE])],
)  # fmt: skip
def test_ways_open_at_their_instants(after, buttons, client, awaited, stopped_clock):
    stopped_clock(awaited.start_at + after)

    assert offered(customers(client, awaited)) == buttons


@pytest.mark.parametrize("after", [15 * MINUTE, 31 * MINUTE])
def test_technician_sees_what_the_customer_sees(after, client, awaited, partner, stopped_clock):
    stopped_clock(awaited.start_at + after)
    client.post(reverse("customer:late", args=[awaited.token]))

    hers, theirs = customers(client, awaited), technicians(client, awaited, partner)

    until = (
        "You can now cancel free of charge"
        if after > 30 * MINUTE
        else "From 13:30 on you can cancel"
    )
    assert until in hers
    assert until.replace("You", "They").replace("you can", "they can") in theirs
    assert "They told us at" in theirs
    assert awaited.token not in theirs


def test_technician_in_time_sees_nothing_of_it(client, awaited, partner, stopped_clock):
    stopped_clock(awaited.start_at + 14 * MINUTE)

    assert "what the customer sees" not in technicians(client, awaited, partner)


def test_it_is_said_once_and_stays_on_the_page(client, awaited, stopped_clock):
    stopped_clock(awaited.start_at + 16 * MINUTE)

    answer = client.post(reverse("customer:late", args=[awaited.token]), follow=True, headers=EN)

    assert "You told us at 13:16" in answer.content.decode()
    assert offered(answer.content.decode()) == []


def test_too_early_is_refused_in_words_and_nothing_is_kept(client, awaited, stopped_clock):
    stopped_clock(awaited.start_at + 5 * MINUTE)

    answer = client.post(reverse("customer:late", args=[awaited.token]), follow=True, headers=EN)

    assert "You can do this from 15 minutes after the agreed time." in answer.content.decode()
    assert Booking.objects.get(pk=awaited.pk).assignments.get().late_said_at is None


def test_a_page_left_open_looks_again_when_the_ways_open(client, awaited, stopped_clock):
    stopped_clock(awaited.start_at + 29 * MINUTE)

    assert "load delay:61000ms" in customers(client, awaited)
