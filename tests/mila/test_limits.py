"""More of the same than anybody needs is answered with 429 in words, and nothing happened
(fault A4; ASVS 2.4.1).
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import PushSubscription
from mila.web import limits
from mila.web.limits import LIMITS, Limit
from requests_app.models import Booking, OfflineStep, ProgressNote
from tests import factories
from tests.architecture.addresses import routes

pytestmark = pytest.mark.django_db
FEW = Limit("few", 2, 60)
READS, SENDS = limits.READ, limits.SEND


@pytest.fixture
def few(counters, monkeypatch, settings):
    """Two of everything within a minute; the client is behind one proxy."""
    settings.TRUSTED_PROXIES = 1
    monkeypatch.setattr(
        limits, "LIMITS", {name: (FEW, methods) for name, (_limit, methods) in LIMITS.items()}
    )


def search(client, address="203.0.113.7", **headers):
    return client.get("/services/search/?q=wifi", headers={"X-Forwarded-For": address, **headers})


def test_every_row_is_an_address_of_the_site():
    names = {name for _route, name, _view in routes()}

    assert LIMITS.keys() <= names
    for what in ("book", "draft_photos", "booking", "status"):
        assert f"customer:{what}" in LIMITS
    assert {"customer:search", "partner:position", "partner:note"} <= LIMITS.keys()


def test_names_are_told_apart():
    found = [limit for limit in vars(limits).values() if isinstance(limit, Limit)]

    assert len({limit.name for limit in found}) == len(found)


def test_third_search_is_refused_in_words(client, few):
    assert [search(client).status_code for _ in range(2)] == [200, 200]

    answer = search(client)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert "no-store" in answer["Cache-Control"]
    assert "C’était un peu rapide" in answer.content.decode()


@pytest.mark.parametrize("language", ["de", "it", "en"])
def test_words_are_the_persons_own(client, few, language):
    for _ in range(3):
        answer = search(client, **{"Accept-Language": language})

    assert f'lang="{language}"' in answer.content.decode()


def test_a_part_of_a_page_gets_a_message_and_no_swap(client, few):
    for _ in range(3):
        answer = search(client, **{"HX-Request": "true"})

    assert answer.status_code == 429
    assert answer["HX-Reswap"] == "none"
    assert "toast" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_the_next_household_is_free(client, few):
    for _ in range(3):
        search(client)

    assert search(client, "203.0.113.8").status_code == 200
    assert search(client, "198.51.100.9, 203.0.113.7").status_code == 429


def test_a_person_is_counted_by_who_they_are(client, few, customer, stranger):
    client.force_login(customer)
    for n in range(3):
        answer = search(client, f"203.0.113.{n}")
    assert answer.status_code == 429

    client.force_login(stranger)
    assert search(client).status_code == 200


def test_without_redis_nobody_is_refused(client, few, counters):
    counters.kill_redis()

    assert {search(client).status_code for _ in range(5)} == {200}


def test_what_is_beyond_begins_no_booking(client, few):
    service = factories.ServiceFactory()
    address = reverse("customer:book", args=[service.slug])
    for _ in range(2):
        client.post(address, {}, headers={"X-Forwarded-For": "203.0.113.7"})
    before = Booking.objects.count()

    answer = client.post(address, {"need": "x"}, headers={"X-Forwarded-For": "203.0.113.7"})

    assert answer.status_code == 429
    assert Booking.objects.count() == before
    assert client.get(address).status_code != 429  # to look at the form is free


def test_what_is_beyond_writes_no_note(client, few, job, partner):
    client.force_login(partner.user)
    address = reverse("partner:note", args=[job.uuid])

    answers = [
        client.post(address, {"key": str(n), "text": "Bonjour"}).status_code for n in range(4)
    ]

    assert answers[2:] == [429, 429]
    assert ProgressNote.objects.count() <= 2


def test_what_is_beyond_is_no_step_and_no_device(client, few, searching, job, partner):
    for_others = {"X-Forwarded-For": "203.0.113.7"}
    own = Client()
    own.force_login(partner.user)
    asked = [
        (own, reverse("partner:later", args=[job.uuid])),
        (client, reverse("customer:wake", args=[searching.token])),
        (client, reverse("customer:rest", args=[searching.token])),
        (own, reverse("partner:phone_wake")),
        (own, reverse("partner:phone_rest")),
        (own, reverse("partner:phone_test")),
    ]
    for visitor, address in asked:
        limits._kept().storage.reset()
        step = {"key": "k" * 36, "step": "note", "at": "2026-11-24T10:00:00Z"}
        fields = {"fields": {"key": "n" * 32, "text": "Bonjour"}, "endpoint": "x"}

        answers = [
            visitor.post(
                address,
                {**step, **fields, "key": f"{n}" * 36} if "later" in address else {"endpoint": "x"},
                content_type="application/json",
                headers=for_others,
            ).status_code
            for n in range(3)
        ]

        assert 429 not in answers[:2], address
        assert answers[2] == 429, address
    assert OfflineStep.objects.count() == 2
    assert not PushSubscription.objects.exists()


def test_secret_links_are_read_so_often_by_one_household(client, few, searching):
    address = reverse("customer:booking", args=[searching.token])
    other = reverse("customer:booking", args=["y" * 43])

    for_others = {"X-Forwarded-For": "203.0.113.7"}
    found = [client.get(one, headers=for_others).status_code for one in (address, other, address)]

    assert found == [200, 404, 429]


def test_pages_of_the_catalogue_have_no_limit(client, few):
    assert {client.get("/help/").status_code for _ in range(5)} == {200}
