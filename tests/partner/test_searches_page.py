"""A technician reads why they were asked for a booking near them, or were not (rule D9, P4)."""

import pytest
from django.urls import reverse
from django.utils import translation

from accounts import actions
from dispatch import as_of, offers
from dispatch.as_of import Line
from partner.search_lines import RULES, words
from tests.dispatch.steps import later, technician

URL = reverse("partner:searches")


@pytest.fixture
def asked(wanted, client):
    """Two who were asked about, and the booking that one of them was shown."""
    near = technician(north_m=1_000, user__language="en")
    far = technician(north_m=14_000, user__language="en")
    later(seconds=1)
    offers.open_next(wanted.pk)
    return near, far


def text(client, one):
    client.force_login(one.user)
    return " ".join(client.get(URL).content.decode().split())


def test_first_and_second_read_where_they_stood(client, asked):
    near, far = asked

    first, second = text(client, near), text(client, far)

    assert "You were the first." in first
    assert ">Shown to you" in first.replace("> ", ">")
    assert "You were 14 km away. 1 stood before you: nearer, better rated" in second.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert ">Not shown" in second.replace("> ", ">")


def test_what_changed_since_changes_nothing(client, asked):
    _near, far = asked
    later(minutes=5)
    actions.set_area(far.pk, radius_m=5_000, night_pool=False)

    assert "1 stood before you" in text(client, far)


def test_page_names_no_place_and_no_hour_of_the_visit(client, asked, wanted):
    page = text(client, asked[1])

    for secret in (wanted.postcode, wanted.city, wanted.number, str(wanted.uuid), "14:00"):
        assert secret not in page


def test_who_has_another_skill_reads_nothing(client, asked, partner):
    partner.skills.all().delete()

    assert asked[0].user.name not in text(client, partner)
    assert "line-what" not in text(client, partner)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def test_every_rule_of_the_search_has_its_words():
    assert set(RULES) == {
        "too_far",
        "language",
        "papers",
        "had_it",
        "declined",
        "hours",
        "busy",
        "takes_too_many",
        "asked_enough",
        "window_elsewhere",
        as_of.NOT_ASKABLE,
    }
    for rule in RULES:
        assert str(RULES[rule]) in words(Line(rule, 2_000, 0, beyond=False))


def test_what_is_not_known_any_more_is_said_so():
    assert words(None) == "Why is no longer known."


def test_beyond_the_stored_order_it_is_at_least_so_many():
    assert "At least 20 stood before you" in words(Line(None, 2_000, 20, beyond=True))
