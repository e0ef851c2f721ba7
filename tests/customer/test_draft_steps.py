"""The steps of a booking, from the service's page to the card (rule B1-B8)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mila.clock import mila_now, set_clock
from places.actions import load_gazetteer
from places.gazetteer import Entry
from requests_app.actions import placing
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

    assert client.get(address).status_code == 404
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
        page = client.get(
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
        page = client.get(
            url("postcodes", draft),
            {"postcode": "69007", "city": city, "country": "FR"},
            headers={"hx-request": "true"},
        )

        assert ('type="radio"' in page.content.decode()) == asked

    def test_a_chosen_line_comes_back_as_fields(self, client, draft):
        page = client.get(
            url("postcodes", draft), {"pick": "1204|Genève"}, headers={"hx-request": "true"}
        )

        assert 'value="1204"' in page.content.decode()
        assert 'value="Genève"' in page.content.decode()


class TestWhen:
    @pytest.fixture(autouse=True)
    def placed(self, client, draft):
        client.post(url("place", draft), PLACE)

    def choice(self, client, draft, **query):
        return client.get(url("when", draft), query).context["choice"]

    def test_the_first_free_time_four_hours_ahead_is_chosen_already(self, client, draft):
        choice = self.choice(client, draft)

        assert len(choice.cards) == 3
        assert choice.current_value == "2026-11-24T14:30"
        assert [slot.value for _label, slots in choice.parts for slot in slots if slot.chosen] == [
            "2026-11-24T14:30"
        ]

    def test_another_day_shows_its_hours_and_its_first_free_one_is_chosen(self, client, draft):
        choice = self.choice(
            client, draft, current="2026-11-24T12:30", shown="2026-11-24", day="2026-11-25"
        )

        assert str(choice.day) == "2026-11-25"
        assert choice.parts[0][1][0].value == "2026-11-25T08:00"
        assert choice.current_value == "2026-11-25T08:00"

    def test_day_that_is_tapped_and_continued_is_the_day_that_is_booked(self, client, draft):
        page = self.choice(
            client, draft, slot="2026-11-24T13:00", shown="2026-11-24", day="2026-11-26"
        )

        client.post(
            url("when", draft),
            {"current": page.current_value, "shown": "2026-11-26", "day": "2026-11-26"},
        )

        assert [wish.wall for wish in draft.wishes.all()] == ["2026-11-26T08:00"]

    def test_another_day_keeps_the_wishes_and_takes_the_next_free_hour(self, client, draft):
        choice = self.choice(
            client,
            draft,
            wish="2026-11-25T08:00",
            slot="2026-11-24T13:00",
            shown="2026-11-24",
            day="2026-11-25",
        )

        assert [wish.value for wish in choice.wishes] == ["2026-11-25T08:00", "2026-11-25T08:30"]

    def test_day_on_which_nobody_comes_leaves_the_choice(self, client, draft):
        choice = self.choice(
            client,
            draft,
            current="2026-11-25T09:00",
            shown="2026-11-24",
            day="2026-11-24",
            other_day="2026-11-29",
        )

        assert choice.current_value == "2026-11-25T09:00"

    def test_a_day_from_the_calendar_becomes_a_card(self, client, draft):
        choice = self.choice(
            client, draft, shown="2026-11-24", day="2026-11-24", other_day="2026-12-15"
        )

        assert [str(card.day) for card in choice.cards] == [
            "2026-11-24",
            "2026-11-25",
            "2026-12-15",
        ]
        assert choice.cards[2].chosen

    @pytest.mark.parametrize(
        ("day", "words"),
        [
            ("2026-12-25", "public holiday"),
            ("2026-11-29", "No visit is possible"),
            ("2027-06-01", "at most 60 days"),
            ("2026-11-20", "too soon"),
            ("0001-01-01", "too soon"),
            ("9999-12-31", "at most 60 days"),
            ("2026-13-45", "day, month, year"),
            ("٢٠٢٦-١٢-٠١", "day, month, year"),
            ("tomorrow", "day, month, year"),
        ],
    )
    def test_a_day_on_which_nobody_comes_says_why(self, client, draft, day, words):
        page = client.get(
            url("when", draft),
            {"shown": "2026-11-24", "day": "2026-11-24", "other_day": day},
            headers={"accept-language": "en"},
        )

        choice = page.context["choice"]
        assert words in choice.day_error
        assert 'aria-describedby="other_day_error"' in page.content.decode()
        assert str(choice.day) == "2026-11-24"

    def test_a_click_on_a_card_is_younger_than_the_calendar_field(self, client, draft):
        choice = self.choice(
            client,
            draft,
            shown="2026-12-15",
            day="2026-11-25",
            other_day="2026-12-15",
            asked="2026-12-15",
        )

        assert str(choice.day) == "2026-11-25"

    @pytest.mark.parametrize(
        "asked", [{"day": "2026-11-25"}, {"day": "2026-11-24", "other_day": "2026-11-25"}]
    )
    def test_without_script_another_day_is_shown_before_anything_is_saved(
        self, client, draft, asked
    ):
        answer = client.post(
            url("when", draft), {"shown": "2026-11-24", "slot": "2026-11-24T13:00", **asked}
        )

        assert str(client.get(answer.url).context["choice"].day) == "2026-11-25"
        assert not draft.wishes.exists()

    def test_three_wishes_are_kept_in_their_order(self, client, draft):
        wishes = ["2026-11-26T17:30", "2026-11-25T08:00"]

        client.post(url("when", draft), {"wish": wishes, "slot": "2026-11-27T10:00"})

        assert [wish.wall for wish in draft.wishes.all()] == [*wishes, "2026-11-27T10:00"]

    def test_a_fourth_wish_is_not_taken(self, client, draft):
        wishes = ["2026-11-26T17:30", "2026-11-25T08:00", "2026-11-25T09:00", "2026-11-25T10:00"]

        client.post(url("when", draft), {"wish": wishes, "slot": "2026-11-27T10:00"})

        assert draft.wishes.count() == 3

    @pytest.mark.parametrize(("press", "kept", "current"), [
        ({"add": "1"}, ["2026-11-26T17:30"], ""),
        ({"drop": "1", "wish": "2026-11-25T08:00"}, [], "2026-11-26T17:30"),
        ({"drop": "9"}, [], "2026-11-26T17:30"),
        ({"show": "1"}, [], "2026-11-26T17:30"),
    ])  # fmt: skip
    def test_the_buttons_of_the_list_save_nothing(self, client, draft, press, kept, current):
        answer = client.post(url("when", draft), {"slot": "2026-11-26T17:30", **press})

        choice = client.get(answer.url).context["choice"]
        assert answer.status_code == 302
        assert (choice.kept_values, choice.current_value) == (kept, current)
        assert not draft.wishes.exists()

    def test_saved_wishes_come_back(self, client, draft):
        client.post(url("when", draft), {"wish": "2026-11-26T17:30", "slot": "2026-11-25T08:00"})

        choice = self.choice(client, draft)

        assert [wish.value for wish in choice.wishes] == ["2026-11-26T17:30", "2026-11-25T08:00"]

    @pytest.mark.parametrize(
        "slot",
        [
            "2026-11-24T10:00",
            "2026-11-29T10:00",
            "2026-11-26T17:31",
            "2026-12-25T10:00",
            "2027-06-01T10:00",
        ],
    )
    def test_an_hour_that_cannot_be_booked_is_refused(self, client, draft, slot):
        answer = client.post(url("when", draft), {"slot": slot, "wish": "2026-11-26T17:30"})

        assert answer.status_code == 422
        assert answer.context["choice"].error
        assert "2026-11-26T17:30" in answer.context["choice"].kept_values
        assert not draft.wishes.exists()

    @pytest.mark.parametrize(
        "slot", ["", "soon", "٢٠٢٦-١١-٢٦T١٧:٣٠", "-1", "9" * 400, "2026-99-99T99:99"]
    )
    def test_what_is_no_hour_is_not_read(self, client, draft, slot):
        answer = client.post(
            url("when", draft), {"slot": slot, "wish": slot, "day": slot, "shown": slot}
        )

        assert answer.status_code in (302, 422)
        assert set(draft.wishes.values_list("wall", flat=True)) <= {"2026-11-24T12:30"}

    def test_with_htmx_only_the_choice_and_the_summary_answer(self, client, draft):
        page = client.get(
            url("when", draft),
            {"slot": "2026-11-26T17:30", "shown": "2026-11-26"},
            headers={"hx-request": "true"},
        )

        text = page.content.decode()
        assert 'id="choice"' in text
        assert 'id="summary" hx-swap-oob="true"' in text
        assert "<html" not in text

    def test_a_booking_far_from_now_still_shows_days(self, client, draft):
        assert draft.policy.horizon == timedelta(days=60)
        assert self.choice(client, draft).last_day == (mila_now() + timedelta(days=60)).date()


class TestWho:
    @pytest.fixture(autouse=True)
    def timed(self, client, draft):
        up_to_when(client, draft)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 121),
            ("email", "odile"),
            ("email", ""),
            ("phone", "12"),
            ("phone", "+1 202 555 012"),
            ("phone", "06 39 98 01 17 99"),
            ("phone", "call me"),
            ("problem", " "),
            ("problem", "x" * 2001),
            ("at_the_door", "x" * 121),
        ],
    )
    def test_what_cannot_be_used_is_said_at_its_field_and_everything_is_kept(
        self, client, draft, field, value
    ):
        answer = client.post(url("who", draft), WHO | {"at_the_door": "Madame Roux", field: value})

        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {field}
        page = answer.content.decode()
        for name in {"name", "problem"} - {field}:
            assert WHO[name] in page
        draft.refresh_from_db()
        assert draft.customer is None
        assert draft.contact.phone == ""
        assert User.objects.filter(technician=None).count() == 0

    @pytest.mark.parametrize("unseen", ["\u200b", "\u3164", " \u200b\u3164\u202e ", "\u2800"])
    def test_a_name_that_nobody_sees_is_none(self, client, draft, unseen):
        answer = client.post(
            url("who", draft), WHO | {"name": unseen}, headers={"accept-language": "en"}
        )

        assert answer.status_code == 422
        assert "Please give your name." in answer.content.decode()
        draft.refresh_from_db()
        assert draft.customer is None
        assert User.objects.filter(technician=None).count() == 0

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("+49 170 1234567", "+491701234567"),
            ("+44 7911 123456", "+447911123456"),
            ("0039 333 123 4567", "+393331234567"),
            ("079 123 45 67", "+33791234567"),  # as in the country of the visit
            ("0692 12 34 56", "+262692123456"),  # what a Swiss telephone has to dial
            ("+262 692 12 34 56", "+262692123456"),
            ("06 96 12 34 56", "+596696123456"),
            ("0690 12 34 56", "+590690123456"),
            ("0694 12 34 56", "+594694123456"),
            ("+33 692 12 34 56", "+262692123456"),  # nobody could dial it so
            ("0262 12 34 56", "+262262123456"),  # what is fixed there, too
            ("0590 12 34 56", "+590590123456"),
            ("+1 202 555 0123", "+12025550123"),
        ],
    )
    def test_number_of_any_country(self, typed, kept, client, draft):
        client.post(url("who", draft), WHO | {"phone": typed})

        draft.contact.refresh_from_db()
        assert draft.contact.phone == kept

    def test_arabic_digits_are_a_telephone_number_too(self, client, draft):
        client.post(url("who", draft), WHO | {"phone": "٠٦٣٩٩٨٠١١٧"})

        draft.contact.refresh_from_db()
        assert draft.contact.phone == "+33639980117"

    def test_text_that_turns_round_or_breaks_a_line_is_straightened(self, client, draft):
        client.post(url("who", draft), WHO | {"name": "Odile\u202e\r\nBcc: x@example.com"})

        draft.contact.refresh_from_db()
        assert draft.contact.name == "Odile Bcc: x@example.com"

    def test_an_existing_account_is_attached_without_a_word(self, client, draft, customer):
        first = draft.token
        before = client.post(url("who", draft), WHO | {"email": "new@example.com"})

        answer = client.post(
            url("who", draft), WHO | {"email": "ODILE@example.com", "name": "Somebody"}
        )

        draft.refresh_from_db()
        assert draft.customer == customer
        assert [one.status_code for one in (before, answer)] == [302, 302]
        assert [one.url for one in (before, answer)] == [
            f"/book/d/{token}/card/" for token in (first, draft.token)
        ]
        customer.refresh_from_db()
        assert customer.name == "Odile Perrachon"
        assert not hasattr(customer, "customer")
        assert client.session.get("_auth_user_id") is None

    def test_the_account_speaks_the_language_of_the_page(self, client, draft):
        client.post(url("who", draft), WHO, headers={"accept-language": "it"})

        assert User.objects.get(technician=None).language == "it"

    def test_somebody_who_is_signed_in_keeps_their_address(self, client, draft, customer):
        client.force_login(customer)

        client.post(url("who", draft), WHO | {"email": "rival@example.com"})

        draft.refresh_from_db()
        assert draft.customer == customer
        assert customer.customer.phone == "+33639980117"
        assert not User.objects.filter(email="rival@example.com").exists()

    def test_name_and_number_of_the_last_time_are_there(self, client, service, customer):
        client.force_login(customer)
        client.post(reverse("customer:book", args=[service.slug]), {"afresh": "1"})
        first = Booking.objects.get(customer=customer)
        up_to_when(client, first)
        client.post(url("who", first), WHO)
        client.post(reverse("customer:book", args=[service.slug]), {"afresh": "1"})
        second = Booking.objects.filter(customer=customer).exclude(pk=first.pk).get()
        up_to_when(client, second)

        page = client.get(url("who", second)).content.decode()

        assert 'value="+33639980117"' in page
        assert 'value="Odile Perrachon"' in page

    def test_a_draft_placed_meanwhile_leads_to_its_page(self, client, draft, monkeypatch):
        def refuse(*args, **kwargs):
            raise placing.NotADraft

        monkeypatch.setattr(placing, "set_contact", refuse)

        assert client.post(url("who", draft), WHO).url == reverse(
            "customer:booking", args=[draft.token]
        )

    def test_somebody_else_opens_the_door(self, client, draft):
        client.post(url("who", draft), WHO | {"at_the_door": "Madame Roux"})

        draft.contact.refresh_from_db()
        assert draft.contact.at_the_door == "Madame Roux"


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
