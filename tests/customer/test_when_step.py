"""The step that asks for the times (rule B2-B4)."""

from datetime import timedelta

import pytest

from mila.clock import mila_now
from tests.customer.test_draft_steps import PLACE, draft, service, url

__all__ = ["draft", "service"]  # fixtures


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
