"""Where and when, one step on one screen: nothing is written before the address is whole
(rule B1, B5, B14).
"""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from requests_app.models import Booking
from tests.cast import next_wall
from tests.customer.test_draft_steps import PLACE, service, url

__all__ = ["service"]  # fixtures
HTMX = {"HX-Request": "true"}


@pytest.fixture
def first(service):
    return reverse("customer:book", args=[service.slug])


def test_first_step_asks_for_the_address_and_does_not_repeat_the_service(client, first, service):
    page = client.get(first).content.decode()

    assert 'name="street"' in page
    assert "71,90" in page
    assert not any(line in page for line in service.included_list)


def test_whole_address_begins_the_draft_and_leads_to_its_times(client, first):
    answer = client.post(first, PLACE | {"key": "k"})

    draft = Booking.objects.get()
    assert answer.url == url("when", draft)
    assert (draft.postcode, draft.contact.street) == ("69007", PLACE["street"])


@pytest.mark.parametrize("sent", [{"street": ""}, {"postcode": "99999"}, {"country": "MC"}])
def test_address_that_is_wrong_begins_nothing(client, first, sent):
    answer = client.post(first, PLACE | sent)

    assert answer.status_code == 422
    assert PLACE["city"] in answer.content.decode()
    assert not Booking.objects.exists()


def test_address_sent_twice_is_one_draft(client, first):
    client.post(first, PLACE | {"key": "k"})
    client.post(first, PLACE | {"key": "k", "street": "15 rue de l’Exemple"})

    assert Booking.objects.get().contact.street == "15 rue de l’Exemple"


class TestSigningInWithoutScript:
    """By the header's button: what was typed is there afterwards."""

    def test_half_an_address_waits_in_a_draft_and_completes_nothing(self, client, first):
        answer = client.post(first, PLACE | {"postcode": "", "sign_in": "1"})

        draft = Booking.objects.get()
        assert answer.url == f"{reverse('account_login')}?next={url('place', draft)}"
        page = client.get(url("place", draft)).content.decode()
        assert PLACE["street"] in page
        assert PLACE["city"] in page
        assert client.get(url("when", draft)).url == url("place", draft)

    def test_whole_address_leads_back_to_its_times(self, client, first):
        answer = client.post(first, PLACE | {"sign_in": "1"})

        draft = Booking.objects.get()
        assert answer.url == f"{reverse('account_login')}?next={url('when', draft)}"
        assert draft.contact.lat is not None

    def test_nothing_typed_begins_nothing(self, client, first):
        answer = client.post(first, {"street": "", "country": "FR", "sign_in": "1"})

        assert answer.url == f"{reverse('account_login')}?next={first}"
        assert not Booking.objects.exists()

    def test_address_that_is_known_is_not_lost_by_half_a_one(self, client, first):
        client.post(first, PLACE)
        draft = Booking.objects.get()

        client.post(url("place", draft), PLACE | {"street": "", "sign_in": "1"})

        kept = Booking.objects.get()
        assert (kept.contact.street, kept.postcode) == (PLACE["street"], "69007")

    def test_the_time_that_was_chosen_is_chosen_still(self, client, first):
        client.post(first, PLACE)
        draft = Booking.objects.get()
        wall = next_wall(3).isoformat(timespec="minutes")

        answer = client.post(url("when", draft), {"wish": wall, "sign_in": "1"})

        back = parse_qs(urlsplit(answer.url).query)["next"][0]
        assert back.startswith(url("when", draft))
        assert wall in parse_qs(urlsplit(back).query)["wish"]
        assert not draft.wishes.exists()


class TestWhileItIsTyped:
    """By script, as soon as a field is left."""

    @pytest.mark.parametrize("missing", ["street", "postcode", "city"])
    def test_half_an_address_is_passed_over(self, client, first, missing):
        answer = client.post(first, PLACE | {missing: ""}, headers=HTMX)

        assert (answer.status_code, answer.content) == (204, b"")

    def test_half_an_address_in_the_other_country_shows_the_price_there(self, client, first):
        half = PLACE | {"country": "CH", "postcode": "", "city": ""}

        there = client.post(first, half, headers=HTMX).content.decode()
        again = client.post(first, half, headers=HTMX)

        assert "CHF" in there
        assert "71,90" not in there
        assert again.status_code == 204
        back = client.post(first, half | {"country": "FR"}, headers=HTMX)
        assert "71,90" in back.content.decode()
        assert not Booking.objects.exists()
        assert not Booking.objects.exists()

    def test_whole_address_brings_its_times_below(self, client, first):
        answer = client.post(first, PLACE | {"key": "k"}, headers=HTMX)

        draft, page = Booking.objects.get(), answer.content.decode()
        assert answer.headers["HX-Replace-Url"] == url("when", draft)
        assert 'class="day-card"' in page
        assert f'hx-get="{url("when", draft)}"' in page  # a click on a day asks the draft
        assert 'name="street"' not in page  # what is being typed is left alone

    def test_wrong_address_is_said_beside_its_field(self, client, first):
        answer = client.post(first, PLACE | {"postcode": "99999"}, headers=HTMX)

        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="id_postcode_error"' in page
        assert "day-card" not in page
        assert not Booking.objects.exists()

    def test_where_nobody_works_the_page_says_so(self, client, first):

        answer = client.post(
            first, PLACE | {"postcode": "1204", "city": "Genève", "country": "CH"}, headers=HTMX
        )

        assert answer.headers["HX-Redirect"] == url("when", Booking.objects.get())


class TestContinue:
    @pytest.fixture
    def draft(self, client, first):
        client.post(first, PLACE | {"key": "k"}, headers=HTMX)
        return Booking.objects.get()

    def test_takes_address_and_time_at_once(self, client, draft):
        wall = next_wall(3).isoformat(timespec="minutes")

        answer = client.post(
            url("when", draft), PLACE | {"street": "16 rue de l’Exemple", "slot": wall}
        )

        draft.refresh_from_db()
        assert answer.url == url("who", draft)
        assert draft.contact.street == "16 rue de l’Exemple"
        assert [wish.wall for wish in draft.wishes.all()] == [wall]

    def test_wrong_address_keeps_no_time(self, client, draft):
        wall = next_wall(3).isoformat(timespec="minutes")

        answer = client.post(url("when", draft), PLACE | {"street": "", "slot": wall})

        assert answer.status_code == 422
        assert 'name="street"' in answer.content.decode()
        assert not draft.wishes.exists()
        assert draft.contact.street == PLACE["street"]

    def test_same_address_is_not_looked_up_again(self, client, draft, monkeypatch):
        monkeypatch.setattr("places.geocoding.locate", lambda *args: pytest.fail("looked up"))
        same = {
            "street": draft.contact.street,
            "postcode": draft.postcode,
            "city": draft.city,
            "country": "FR",
        }

        answer = client.post(
            url("when", draft),
            same
            | {"door_code": PLACE["door_code"], "slot": next_wall(3).isoformat(timespec="minutes")},
        )

        assert answer.url == url("who", draft)

    def test_other_browser_neither_sees_nor_loses_the_way_to_the_door(self, client, draft):
        client.cookies.clear()

        answer = client.post(url("when", draft), PLACE | {"street": "", "door_code": ""})

        assert "4180A" not in answer.content.decode()
        draft.contact.refresh_from_db()
        assert draft.contact.door_code == PLACE["door_code"]


def test_draft_begun_before_is_named_and_goes_on(client, first, service):
    client.post(first, PLACE | {"key": "k"})

    page = client.get(first)

    assert page.context["kept_url"] == url("when", Booking.objects.get())
    assert PLACE["street"] in page.content.decode()
    assert Booking.objects.count() == 1
