"""Offers reach every page of the app; colleagues' lists hear of a claim (rule D3, D5, D6)."""

import json

import pytest
from django.urls import reverse

from dispatch import offers
from dispatch.tasks import withdraw
from mila.streams import publish
from tests import factories
from tests.cast import claimed
from tests.dispatch.steps import technician

URL = reverse("partner:waiting")


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(
        publish,
        "publish_to_all",
        lambda channels, event: heard.extend((c, event) for c in channels),
    )
    return heard


def asked(client):
    return json.loads(client.get(URL).content)


def test_nothing_waits(client, partner, morning):
    client.force_login(partner.user)

    assert (asked(client)["count"], asked(client)["live"]) == (0, False)


def test_open_window_counts_and_says_where_to_listen(client, partner, searching):
    client.force_login(partner.user)
    offers.open_next(searching.pk)

    answer = asked(client)

    assert (answer["count"], answer["live"]) == (1, True)
    channel = publish.read_ticket(answer["stream"].partition("=")[2]).channel
    assert channel == f"technician:{partner.pk}"


def test_another_technicians_window_is_none_of_theirs(client, rival_partner, partner, searching):
    client.force_login(rival_partner.user)
    assert offers.open_next(searching.pk).technician == partner

    assert not asked(client)["live"]


@pytest.mark.parametrize("name", ["jobs", "calendar", "me"])
def test_every_page_of_the_app_looks_there(client, partner, morning, name):
    client.force_login(partner.user)

    page = client.get(reverse(f"partner:{name}")).content.decode()

    assert f'data-waiting-url="{URL}"' in page
    assert "data-waiting-count hidden" in page


def test_offer_on_the_screen_needs_no_line_about_itself(client, partner, searching):
    client.force_login(partner.user)
    offer = offers.open_next(searching.pk)

    assert (
        "data-waiting-url"
        not in client.get(reverse("partner:offer", args=[offer.pk])).content.decode()
    )


def test_claim_is_told_to_every_list_it_may_stand_in(searching, partner, told):
    near, far = technician(north_m=9_000), technician(north_m=200_000)
    other = factories.TechnicianFactory(skills={factories.SkillFactory(slug="other"): 3})
    claimed(searching, partner)

    withdraw(booking_id=searching.pk)

    assert {channel for channel, event in told if event == "list"} == {
        f"technician:{partner.pk}",
        f"technician:{near.pk}",
    }
    assert far.pk != other.pk


def test_nothing_but_plain_words_is_told_to_all():
    with pytest.raises(ValueError, match="plain words"):
        publish.publish_to_all(["technician:1"], "Rue de la Paix 3")
    with pytest.raises(ValueError, match="no channel"):
        publish.publish_to_all(["everybody"], "list")
