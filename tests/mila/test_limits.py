"""More of the same than anybody needs is answered with 429 in words, and nothing happened
(fault A4; ASVS 2.4.1).
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import PushSubscription
from mila.web import limits
from mila.web.limits import LIMITS, Limit
from places import geocoding
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


@pytest.mark.parametrize("page", ["draft_place", "draft_when"])
def test_what_is_beyond_looks_up_no_address(client, few, monkeypatch, page):
    asked = []
    monkeypatch.setattr(geocoding, "locate", lambda *address: asked.append(address) or 1 / 0)
    draft = factories.DraftFactory()
    address, kept = reverse(f"customer:{page}", args=[draft.token]), draft.contact.street
    typed = {"country": "FR", "postcode": "69001", "city": "Lyon", "spoken": "fr"}

    with pytest.raises(ZeroDivisionError):  # control: it is looked up
        client.post(address, {**typed, "street": "1 rue Bugeaud"})
    client.post(address, {})
    answer = client.post(address, {**typed, "street": "2 rue Bugeaud"})

    assert answer.status_code == 429
    assert len(asked) == 1
    draft.contact.refresh_from_db()
    assert draft.contact.street == kept


@pytest.mark.parametrize("page", ["sign", "answer_price", "held", "late", "prove", "renew"])
def test_whoever_has_a_link_presses_its_buttons_so_often(client, few, searching, page):
    address = reverse(f"customer:{page}", args=[searching.token])

    answers = [client.post(address, {}).status_code for _ in range(3)]

    assert 429 not in answers[:2]
    assert answers[2] == 429


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


# --- Two at once

AT_THE_DOOR = Limit("door", 10, 60, at_a_door=True)


@pytest.fixture
def meeting(counters, monkeypatch):
    """Whether two threads that count are ever inside of the library's memory together."""
    storage, met, both = limits._near().storage, [], threading.Barrier(2)
    count = storage.incr

    def incr(*args, **kwargs):
        try:
            both.wait(timeout=1)
            met.append(True)
        except threading.BrokenBarrierError:
            met.append(False)
        return count(*args, **kwargs)

    monkeypatch.setattr(storage, "incr", incr)
    return met


def two(work):
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _number: work(), range(2))) == [True, True]


def test_guesses_are_counted_by_one_at_a_time(meeting):
    two(lambda: limits.allow(AT_THE_DOOR, "odile"))

    assert meeting == [False, False]


def test_control_the_library_lets_two_in(meeting):
    two(lambda: limits._near().hit(AT_THE_DOOR.item, "odile"))

    assert meeting == [True, True]
