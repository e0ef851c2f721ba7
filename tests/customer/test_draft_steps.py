"""The steps of a booking, from the service's page to the card (rule B1-B8)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from mila.clock import set_clock
from places.actions import load_gazetteer
from places.gazetteer import Entry
from requests_app.models import Booking, BookingEvent, State
from tests import factories
from tests.cast import next_wall

LYON = Entry("FR", "69007", "69", "Lyon 7e Arrondissement", "", 45.7485, 4.8467, "town")
GENEVA = Entry("CH", "1204", "GE", "Genève", "", 46.20222, 6.14569, "town")
PLACE = {
    "country": "FR",
    "street": "14 rue de l’Exemple",
    "postcode": "69007",
    "city": "Lyon",
    "door_code": "4180A, 3e",
}
WHO = {
    "name": "Odile Perrachon",
    "email": "Odile@Example.com",
    "phone": "06 39 98 01 17",
    "problem": "Rien dans les chambres.",
}


@pytest.fixture
def service(morning, somebody_free):
    load_gazetteer([LYON, GENEVA])
    return factories.ServiceFactory()


@pytest.fixture
def draft(client, service):
    """A draft this browser has just begun."""
    client.post(reverse("customer:book", args=[service.slug]))
    return Booking.objects.get()


def url(step, booking):
    return reverse(f"customer:draft_{step}", args=[booking.token])


def up_to_when(client, draft):
    client.post(url("place", draft), PLACE)
    client.post(url("when", draft), {"slot": next_wall(3).isoformat(timespec="minutes")})


def test_looking_at_the_first_step_writes_nothing(client, service):
    page = client.get(reverse("customer:book", args=[service.slug]))

    assert "71,90" in page.content.decode()
    assert not Booking.objects.exists()


def test_the_country_of_the_visit_decides_the_price(client, service):
    client.get(reverse("customer:book", args=[service.slug]), {"country": "CH"})

    client.post(reverse("customer:book", args=[service.slug]))

    booking = Booking.objects.get()
    assert (booking.country, booking.currency, booking.service_cents) == ("CH", "CHF", 11900)


def test_a_service_that_is_not_sold_is_not_found(client, service):
    assert client.get(reverse("customer:book", args=["teleportation"])).status_code == 404


def test_the_whole_way_to_the_card(client, draft):
    answers = [
        client.post(url("place", draft), PLACE),
        client.post(url("when", draft), {"slot": next_wall(3).isoformat(timespec="minutes")}),
        client.post(url("who", draft), WHO),
    ]

    assert [answer.url for answer in answers] == [
        url("when", draft),
        url("who", draft),
        f"/book/d/{draft.token}/card/",
    ]
    draft.refresh_from_db()
    assert (draft.postcode, draft.city, draft.region, draft.timezone) == (
        "69007",
        "Lyon",
        "69",
        "Europe/Paris",
    )
    assert draft.contact.street == "14 rue de l’Exemple"
    assert draft.contact.phone == "+33639980117"
    assert draft.customer.email == "odile@example.com"
    assert not draft.customer.has_usable_password()
    assert draft.state == State.DRAFT
    assert not BookingEvent.objects.exists()


def test_money_sent_along_is_not_read(client, draft):
    """Fault M11: the price is computed here."""
    money = {
        "service_cents": "1",
        "price": "-5",
        "total": "1e400",
        "currency": "CHF",
        "booking_fee_cents": "0",
    }

    client.post(url("place", draft), PLACE | money)
    client.post(url("when", draft), {"slot": next_wall(3).isoformat(timespec="minutes")} | money)
    client.post(url("who", draft), WHO | money)

    draft.refresh_from_db()
    assert (draft.service_cents, draft.booking_fee_cents, draft.currency) == (6900, 290, "EUR")


@pytest.mark.parametrize("step", ["when", "who"])
def test_a_step_cannot_be_skipped(client, draft, step):
    answer = client.get(url(step, draft))

    assert answer.status_code == 302
    assert answer.url == url("place", draft)


def test_the_draft_leads_to_its_first_unfinished_step(client, draft):
    client.post(url("place", draft), PLACE)

    assert client.get(reverse("customer:draft", args=[draft.token])).url == url("when", draft)


def test_a_step_goes_back_with_what_was_written(client, draft):
    up_to_when(client, draft)

    page = client.get(url("place", draft)).content.decode()

    assert "14 rue de l’Exemple" in page
    assert "4180A" in page


@pytest.mark.parametrize("step", ["service", "place", "when", "who"])
def test_a_placed_booking_has_no_steps_any_more(client, morning, step):
    booking = factories.placed_booking()

    assert client.get(url(step, booking)).url == reverse("customer:booking", args=[booking.token])


@pytest.mark.parametrize("step", ["service", "place", "when", "who", "postcodes"])
def test_a_foreign_token_is_not_found(client, draft, step):
    address = reverse(f"customer:draft_{step}", args=["x" * 43])

    assert client.post(address).status_code == 404
    assert step == "postcodes" or client.get(address).status_code == 404
    assert client.get(reverse("customer:draft", args=["short"])).status_code == 404


def test_steps_are_kept_by_nobody(client, draft):
    answer = client.get(url("place", draft))

    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "strict-origin"


class TestRemembered:
    def test_a_closed_tab_is_found_again(self, client, draft, service):
        client.post(url("place", draft), PLACE)

        page = client.get(reverse("customer:book", args=[service.slug]))

        assert page.context["kept"] == draft
        assert page.context["kept_url"] == url("when", draft)

    def test_the_same_service_goes_on_with_the_same_draft(self, client, draft, service):
        answer = client.post(reverse("customer:book", args=[service.slug]))

        assert answer.url == url("place", draft)
        assert Booking.objects.count() == 1

    def test_one_may_begin_again(self, client, draft, service):
        client.post(reverse("customer:book", args=[service.slug]), {"afresh": "1"})

        assert Booking.objects.count() == 2

    def test_another_browser_knows_nothing_of_it(self, client, draft, service):
        client.cookies.clear()

        assert client.get(reverse("customer:book", args=[service.slug])).context["kept"] is None


class TestService:
    def test_another_service_has_its_own_price_and_keeps_the_place(self, client, draft):
        up_to_when(client, draft)
        other = factories.ServiceFactory(slug="printer", name="Imprimante", duration_minutes=60)
        other.prices.filter(country="FR").update(price_cents=4900)

        answer = client.post(url("service", draft), {"service": "printer", "country": "FR"})

        assert answer.url == url("place", draft)
        draft.refresh_from_db()
        assert (draft.service, draft.service_cents, draft.postcode) == (other, 4900, "69007")
        assert draft.wishes.count() == 1

    def test_a_longer_visit_drops_the_hours(self, client, draft):
        up_to_when(client, draft)
        factories.ServiceFactory(slug="printer", duration_minutes=120)

        client.post(url("service", draft), {"service": "printer", "country": "FR"})

        draft.refresh_from_db()
        assert not draft.wishes.exists()
        assert draft.first_start_at is None

    def test_another_country_drops_the_place(self, client, draft):
        up_to_when(client, draft)

        client.post(url("service", draft), {"service": draft.service.slug, "country": "CH"})

        draft.refresh_from_db()
        assert (draft.currency, draft.postcode, draft.timezone) == ("CHF", "", "Europe/Zurich")
        assert draft.contact.street == ""

    @pytest.mark.parametrize(
        "sent", [{"service": "nothing"}, {"country": "MC"}, {"service": "", "country": ""}]
    )
    def test_what_is_not_sold_is_refused(self, client, draft, sent):
        answer = client.post(
            url("service", draft), {"service": draft.service.slug, "country": "FR", **sent}
        )

        assert answer.status_code == 422
        draft.refresh_from_db()
        assert draft.currency == "EUR"

    def test_a_service_without_a_price_there_is_refused(self, client, draft):
        other = factories.ServiceFactory(slug="printer")
        other.prices.filter(country="FR").delete()

        answer = client.post(url("service", draft), {"service": "printer", "country": "FR"})

        assert answer.status_code == 422
        assert "service" in answer.context["form"].errors


class TestPlace:
    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"postcode": "97400"}, "overseas"),
            ({"postcode": "98000"}, "Monaco"),
            ({"postcode": "99999"}, "do not know"),
            ({"postcode": "٦٩٠٠٧"}, "do not know"),
            ({"postcode": "-1"}, "do not know"),
            ({"postcode": "9" * 16}, "do not know"),
        ],
    )
    def test_a_place_we_do_not_serve_is_refused_at_the_field(self, client, draft, sent, sentence):
        answer = client.post(url("place", draft), PLACE | sent, headers={"accept-language": "en"})

        assert answer.status_code == 422
        page = answer.content.decode()
        assert sentence in str(answer.context["form"].errors["postcode"])
        assert 'aria-invalid="true"' in page
        assert "14 rue de l’Exemple" in page
        assert "4180A" in page
        draft.refresh_from_db()
        assert draft.postcode == ""

    @pytest.mark.parametrize("field", ["street", "postcode", "city", "country"])
    def test_what_is_missing_is_said_at_its_field(self, client, draft, field):
        answer = client.post(url("place", draft), PLACE | {field: "  "})

        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        draft.refresh_from_db()
        assert draft.contact.street == ""

    def test_without_script_the_list_comes_with_the_refusal(self, client, draft):
        page = client.post(url("place", draft), PLACE | {"postcode": "", "city": "Lyon"})

        assert [one.label for one in page.context["suggestions"]] == [
            "69007 Lyon 7e Arrondissement"
        ]
        assert 'value="69007|Lyon 7e Arrondissement|FR"' in page.content.decode()

    def test_a_line_of_the_list_fills_in_postcode_and_town(self, client, draft):
        pick = {"postcode": "", "city": "lyo", "pick": "69007|Lyon 7e Arrondissement"}

        assert client.post(url("place", draft), PLACE | pick).url == url("when", draft)

        draft.refresh_from_db()
        assert (draft.postcode, draft.city) == ("69007", "Lyon 7e Arrondissement")

    def test_code_of_the_other_country_is_one_tap_away(self, client, draft):
        page = client.post(url("place", draft), PLACE | {"postcode": "1204", "city": "Genève"})

        assert page.status_code == 422
        assert "1204 correspond à Genève, en Suisse." in page.content.decode()
        assert (
            '<button class="button" data-kind="second" name="pick" value="1204|Genève|CH">'
            in page.content.decode()
        )
        client.post(url("place", draft), PLACE | {"postcode": "1204", "pick": "1204|Genève|CH"})
        draft.refresh_from_db()
        assert (draft.country, draft.postcode) == ("CH", "1204")

    def test_street_without_a_number_is_asked_about_once(self, client, draft):
        street = {"street": "Hameau des Sources"}

        asked = client.post(url("place", draft), PLACE | street)

        assert asked.status_code == 422
        # what was typed stands there still
        assert 'value="Hameau des Sources"' in asked.content.decode()
        again = {"unnumbered": asked.context["form"]["unnumbered"].value()}
        other = client.post(url("place", draft), PLACE | {"street": "Hameau du Bas"} | again)
        assert other.status_code == 422  # another street is another question
        assert client.post(url("place", draft), PLACE | street | again).url == url("when", draft)

    @pytest.mark.parametrize("code", ["97400", "98000"])
    def test_where_nobody_works_there_is_no_list_of_other_towns(self, code, client, draft):
        page = client.post(
            url("place", draft), PLACE | {"postcode": code, "city": "Lyon 7e Arrondissement"}
        )

        assert page.status_code == 422
        assert page.context["suggestions"] == []

    def test_switzerland_changes_the_price(self, client, draft):
        client.post(
            url("place", draft), PLACE | {"country": "CH", "postcode": "1204", "city": "Genève"}
        )

        draft.refresh_from_db()
        assert (draft.currency, draft.service_cents, draft.timezone) == (
            "CHF",
            11900,
            "Europe/Zurich",
        )

    def test_suggestions_while_typing_are_a_part(self, client, draft):
        page = client.post(
            url("postcodes", draft),
            {"postcode": "690", "country": "FR"},
            headers={"hx-request": "true"},
        )

        text = page.content.decode()
        assert "69007 Lyon 7e Arrondissement" in text
        assert "<html" not in text

    @pytest.mark.parametrize(
        ("city", "asked"),
        [("", True), ("Ly", True), ("Lyon", False), ("LYON 7e arrondissement", False)],
    )
    def test_nothing_is_asked_about_the_town_of_the_code(self, client, draft, city, asked):
        page = client.post(
            url("postcodes", draft),
            {"postcode": "69007", "city": city, "country": "FR"},
            headers={"hx-request": "true"},
        )

        assert ('type="radio"' in page.content.decode()) == asked

    def test_postcode_and_town_stand_in_no_address_of_a_page(self, client, draft):
        for address in (url("postcodes", draft), reverse("customer:book_postcodes")):
            answer = client.get(address, {"postcode": "690", "country": "FR"})

            assert answer.status_code == 405
            assert "69007" not in answer.content.decode()
        for page in (url("place", draft), reverse("customer:book", args=[draft.service.slug])):
            text = client.get(page).content.decode()
            assert set(re.findall(r'(\S+)="[^"]*/postcodes/"', text)) == {"hx-post"}

    def test_a_chosen_line_comes_back_as_fields(self, client, draft):
        page = client.post(
            url("postcodes", draft), {"pick": "1204|Genève"}, headers={"hx-request": "true"}
        )

        assert 'value="1204"' in page.content.decode()
        assert 'value="Genève"' in page.content.decode()


# --- Drafts begun one after the other (fault C15)


def test_twenty_drafts_a_day_are_begun_in_one_browser_and_no_more(client, service, morning):
    address = reverse("customer:book", args=[service.slug])
    for _each in range(20):
        client.post(address, {"afresh": "1"})

    answer = client.post(address, {"afresh": "1"}, follow=True, headers={"Accept-Language": "en"})

    assert Booking.objects.count() == 20
    assert "Many bookings were begun here today" in answer.content.decode()


def test_next_day_another_draft_is_begun(client, service, morning):
    address = reverse("customer:book", args=[service.slug])
    for _each in range(20):
        client.post(address, {"afresh": "1"})
    set_clock(morning + timedelta(days=1, minutes=5))

    client.post(address, {"afresh": "1"})

    assert Booking.objects.count() == 21


@pytest.mark.parametrize("signed_in", [True, False])
def test_nobody_is_locked_out_by_what_strangers_begin_with_their_address(
    service, customer, morning, signed_in
):
    for _each in range(20):
        factories.DraftFactory(customer=customer, service=service, email_proved_at=None)
    browser = Client()
    if signed_in:
        browser.force_login(customer)

    browser.post(reverse("customer:book", args=[service.slug]))

    mine = Booking.objects.latest("pk")
    up_to_when(browser, mine)
    browser.post(url("who", mine), WHO)
    mine.refresh_from_db()
    assert Booking.objects.count() == 21
    assert mine.customer == customer


def test_person_who_begins_in_many_browsers_is_counted_by_the_bookings(service, customer, morning):
    address = reverse("customer:book", args=[service.slug])
    for _each in range(21):
        browser = Client()
        browser.force_login(customer)
        browser.post(address, {"afresh": "1"})

    assert Booking.objects.filter(customer=customer).count() == 20
