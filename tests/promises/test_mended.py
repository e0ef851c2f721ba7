"""Promises that were dead when they were first looked for, and what keeps them now (rule N0)."""

import pytest
from django.conf import settings
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_message_from_the_booking_carries_its_number(client, searching):
    page = client.get(reverse("customer:booking", args=[searching.token])).content.decode()

    email = settings.SUPPORT["FR"]["email"]
    assert f'href="mailto:{email}?subject={searching.number}"' in page


@pytest.mark.parametrize("country", ["FR", "CH"])
def test_ways_to_people_stand_on_the_help_page(client, db, country):
    page = client.get(reverse("customer:help"), {"country": country}).content.decode()

    support = settings.SUPPORT[country]
    assert f'href="tel:{support["phone"]}"' in page
    assert f'href="mailto:{support["email"]}"' in page
