"""My bookings, and the way from a public id to the page."""

import pytest
from django.urls import reverse
from django.utils import translation

from customer import booking_list, reviews
from mila.clock import mila_now
from requests_app.actions import reviewing
from requests_app.models import Rating, State
from tests import factories
from tests.cast import walk

LIST = reverse("customer:bookings")


def test_a_visitor_signs_in_first(client, db):
    assert client.get(LIST).url == f"{reverse('account_login')}?next={LIST}"


def test_all_of_their_bookings_and_nobody_elses(client, searching, customer, stranger):
    factories.placed_booking(customer=stranger)
    draft = factories.DraftFactory(customer=customer)
    client.force_login(customer)

    answer = client.get(LIST, headers={"accept-language": "en"})

    assert [row.booking for row in answer.context["rows"]] == [draft, searching]
    assert answer.context["rows"][0].url == reverse("customer:draft", args=[draft.token])
    assert answer.context["rows"][1].url == reverse("customer:booking", args=[searching.token])
    assert "14 rue" not in answer.content.decode()


def test_none_yet_shows_the_way_on(client, customer):
    client.force_login(customer)

    assert reverse("customer:services") in client.get(LIST).content.decode()


def test_the_list_has_pages(client, morning, customer):
    for _number in range(booking_list.PAGE + 1):
        factories.placed_booking(customer=customer)
    client.force_login(customer)

    assert len(client.get(LIST).context["rows"]) == booking_list.PAGE
    assert len(client.get(LIST, {"page": "2"}).context["rows"]) == 1
    assert len(client.get(LIST, {"page": "٩٩٩"}).context["rows"]) == 1
    assert len(client.get(LIST, {"page": "-1"}).context["rows"]) in (1, booking_list.PAGE)


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(morning, customer, count, django_assert_num_queries):
    for _number in range(count):
        factories.placed_booking(customer=customer)
    at = mila_now()

    with django_assert_num_queries(3):
        booking_list.bookings_page(customer, at, "1")


def test_the_public_id_leads_the_owner_to_their_page(client, searching, customer):
    client.force_login(customer)

    answer = client.get(reverse("customer:booking_own", args=[searching.uuid]))

    assert answer.url == reverse("customer:booking", args=[searching.token])


@pytest.mark.parametrize("who", ["stranger", "staff", "partner"])
def test_for_anybody_else_it_is_not_found(client, request, searching, who):
    person = request.getfixturevalue(who)
    client.force_login(getattr(person, "user", person))

    answer = client.get(reverse("customer:booking_own", args=[searching.uuid]))

    assert answer.status_code == 404
    assert searching.token not in answer.content.decode()


class TestCanaries:
    """Fault A2: what a stranger sees holds nothing of the customer."""

    CANARIES = ("CANARY-NAME", "CANARY-STREET", "CANARY-DOOR", "CANARY-PROBLEM", "+33639980199")

    @pytest.fixture
    def told(self, morning, customer):
        contact = {
            "name": "CANARY-NAME",
            "street": "CANARY-STREET",
            "door_code": "CANARY-DOOR",
            "problem": "CANARY-PROBLEM",
            "phone": "+33639980199",
        }
        return factories.placed_booking(customer=customer, contact=contact)

    @pytest.mark.parametrize("who", [None, "stranger", "partner", "staff"])
    def test_no_page_of_the_site_tells_them(self, client, request, told, who):
        if who:
            person = request.getfixturevalue(who)
            client.force_login(getattr(person, "user", person))
        pages = [
            LIST,
            reverse("customer:booking_own", args=[told.uuid]),
            reverse("customer:booking", args=[str(told.uuid)]),
            reverse("customer:book", args=[told.service.slug]),
            reverse("customer:home"),
        ]

        text = "".join(client.get(address).content.decode() for address in pages)

        assert [canary for canary in (*self.CANARIES, told.token) if canary in text] == []


class TestRecentRatings:
    def test_before_the_first_there_is_nothing(self, client, morning):
        assert reviews.recent_ratings(reviews.figures()) is None
        assert client.get(reverse("customer:home")).status_code == 200

    def test_too_few_are_not_shown(self, client, searching, partner):
        """One is nobody's average."""
        walk(searching, partner, State.SIGNED_OFF)
        reviewing.rate(searching.pk, quality=5, punctuality=4, friendliness=3, comment="Parfait")

        assert reviews.recent_ratings(reviews.figures()) is None
        assert reviews.recent_ratings({"count": 19, "stars": 5}) is None
        assert len(reviews.recent_ratings({"count": 20, "stars": 5})["reviews"]) == 1

    def test_those_in_the_reader_s_language_come_first_and_others_are_marked(
        self, searching, partner
    ):
        french = Rating.objects.create(
            booking=walk(searching, partner, State.SIGNED_OFF),
            technician=partner,
            quality=5,
            punctuality=5,
            friendliness=5,
            comment="Parfait",
            at=mila_now(),
        )
        known = {"count": 20, "stars": 5}

        with translation.override("fr"):
            (mine,) = reviews.recent_ratings(known)["reviews"]
        with translation.override("de"):
            (foreign,) = reviews.recent_ratings(known)["reviews"]

        assert french.booking.language == "fr"
        assert (mine["written_in"], foreign["written_in"]) == ("", "Französisch")

    def test_mean_count_and_the_latest_words(self, client, searching, partner, monkeypatch):
        monkeypatch.setattr(reviews, "SHOWN_FROM", 1)
        walk(searching, partner, State.SIGNED_OFF)
        reviewing.rate(
            searching.pk,
            quality=5,
            punctuality=4,
            friendliness=3,
            comment="Tout marche <b>enfin</b>.",
        )

        found = reviews.recent_ratings(reviews.figures())

        assert (float(found["stars"]), found["count"]) == (4.0, 1)
        assert found["reviews"][0]["name"] == "O."
        text = client.get(reverse("customer:home")).content.decode()
        assert "Tout marche &lt;b&gt;enfin&lt;/b&gt;." in text
        assert "Perrachon" not in text
