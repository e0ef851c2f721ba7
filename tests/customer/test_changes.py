"""What the customer changes by the secret link (rule B8-B10, L9, L13, L14)."""

from datetime import timedelta

import pytest
from django.core import signing as signatures
from django.urls import reverse

from customer.views.changes import COST
from mila.clock import mila_now, move_clock
from requests_app.actions import changes, reviewing, signing
from requests_app.models import Booking, BookingEvent, Rating, State
from tests import factories
from tests.cast import next_wall, walk

EN = {"accept-language": "en"}
STARS = {"quality": "5", "punctuality": "4", "friendliness": "5"}


def url(name, booking):
    return reverse(f"customer:{name}", args=[booking.token])


def state_of(booking):
    return Booking.objects.get(pk=booking.pk).state


def wall(days, hour=14):
    return next_wall(days, hour).isoformat(timespec="minutes")


@pytest.fixture
def near(morning, partner):
    """A Swiss booking, confirmed, two hours before its start: cancelling costs."""
    booking = factories.placed_booking(
        country="CH", currency="CHF", service_cents=11900, booking_fee_cents=490
    )
    booking = walk(booking, partner, State.CONFIRMED)
    move_clock(booking.start_at - timedelta(hours=2) - mila_now())
    return booking


class TestCancel:
    def test_free_of_charge(self, client, searching):
        seen = client.get(url("cancel", searching), headers=EN)

        answer = client.post(url("cancel", searching), {"seen": seen.context["seen"]})

        assert "Cancel free of charge" in seen.content.decode()
        assert answer.url == url("booking", searching)
        assert state_of(searching) == State.CANCELLED

    def test_the_cost_is_in_the_sentence_and_on_the_button(self, client, near):
        text = client.get(url("cancel", near), headers=EN).content.decode()

        assert "Cancelling now costs <strong>CHF\N{NO-BREAK SPACE}30.00</strong> in all" in text
        assert "Cancel for CHF\N{NO-BREAK SPACE}30.00</button>" in text

    def test_with_the_cost_that_was_shown(self, client, near):
        seen = client.get(url("cancel", near)).context["seen"]

        client.post(url("cancel", near), {"seen": seen})

        near.refresh_from_db()
        assert (near.state, near.fee_cents) == (State.CANCELLED, 3000)

    @pytest.mark.parametrize("seen", ["", "0", "-1", "999999", "1e400", "٣٠٠٠", "x" * 5000])
    def test_a_cost_that_this_site_did_not_show_is_not_agreed(self, client, near, seen):
        """Fault M11."""
        answer = client.post(url("cancel", near), {"seen": seen, "accepted_cost_cents": "3000"})

        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
        assert state_of(near) == State.CONFIRMED

    def test_what_was_shown_for_another_booking_is_not_agreed(self, client, near):
        other = signatures.dumps(["00000000-0000-4000-8000-000000000000", 3000], salt=COST)

        assert client.post(url("cancel", near), {"seen": other}).status_code == 422

    def test_what_cost_nothing_then_and_costs_now_is_shown_again(self, client, morning, partner):
        booking = factories.placed_booking(
            country="CH", currency="CHF", service_cents=11900, booking_fee_cents=490
        )
        booking = walk(booking, partner, State.CONFIRMED)
        seen = client.get(url("cancel", booking)).context["seen"]
        move_clock(booking.start_at - timedelta(hours=2) - mila_now())

        answer = client.post(url("cancel", booking), {"seen": seen}, headers=EN)

        assert answer.status_code == 422
        assert "Cancel for CHF\N{NO-BREAK SPACE}30.00" in answer.content.decode()
        assert state_of(booking) == State.CONFIRMED

    def test_too_late_leads_back_with_a_sentence(self, client, searching, partner):
        booking = walk(searching, partner, State.EN_ROUTE)

        answer = client.post(url("cancel", booking), {"seen": ""}, follow=True, headers=EN)

        assert "the booking has moved on meanwhile" in answer.content.decode()
        assert state_of(booking) == State.EN_ROUTE

    def test_by_the_signed_in_customer_their_name_is_kept(
        self, client, searching, customer, stranger
    ):
        seen = client.get(url("cancel", searching)).context["seen"]
        client.force_login(customer)

        client.post(url("cancel", searching), {"seen": seen})

        assert BookingEvent.objects.get(booking=searching, move="cancel").by == customer


class TestMove:
    def test_other_wishes(self, client, searching, partner):
        client.post(url("move", searching), {"wish": wall(4), "slot": wall(5)})

        assert [wish.wall for wish in searching.wishes.all()] == [wall(4), wall(5)]
        assert BookingEvent.objects.filter(booking=searching, move="move_open").count() == 1

    def test_the_technician_keeps_the_job_where_they_are_free(self, client, job):
        answer = client.post(url("move", job), {"slot": wall(6)}, follow=True, headers=EN)

        job.refresh_from_db()
        assert job.state == State.CLAIMED
        assert "The new time is noted" in answer.content.decode()

    @pytest.mark.parametrize(
        "slot", ["", "2026-11-29T10:00", "2026-12-25T10:00", "2020-01-01T10:00"]
    )
    def test_a_time_that_cannot_be_is_refused(self, client, searching, slot):
        before = list(searching.wishes.values_list("wall", flat=True))

        answer = client.post(url("move", searching), {"slot": slot or "x", "current": slot})

        if slot:
            assert answer.status_code == 422
            assert list(searching.wishes.values_list("wall", flat=True)) == before

    def test_the_days_are_chosen_as_in_the_booking(self, client, searching):
        shown = client.get(url("move", searching), {"shown": "2026-11-25", "day": "2026-11-26"})
        added = client.post(url("move", searching), {"slot": wall(4), "add": "1"})
        part = client.get(
            url("move", searching), {"slot": wall(4)}, headers={"hx-request": "true"}
        ).content.decode()

        assert str(shown.context["choice"].day) == "2026-11-26"
        assert added.status_code == 302
        assert 'id="choice"' in part
        assert 'id="summary"' not in part

    def test_on_the_way_it_is_too_late(self, client, searching, partner):
        booking = walk(searching, partner, State.EN_ROUTE)

        assert client.post(url("move", booking), {"slot": wall(6)}).url == url("booking", booking)
        assert state_of(booking) == State.EN_ROUTE


class TestNoShow:
    @pytest.fixture
    def waiting(self, searching, partner, rival_partner):
        return walk(searching, partner, State.CONFIRMED)

    def test_somebody_else_at_another_time(self, client, waiting):
        move_clock(waiting.start_at + timedelta(minutes=31) - mila_now())

        answer = client.post(url("no_show", waiting), {"slot": wall(4)})

        waiting.refresh_from_db()
        assert answer.url == url("booking", waiting)
        assert waiting.state == State.SEARCHING
        assert waiting.assignments.get().fault

    def test_not_before_half_an_hour(self, client, waiting):
        move_clock(waiting.start_at + timedelta(minutes=29) - mila_now())

        answer = client.post(url("no_show", waiting), {"slot": wall(4)}, headers=EN)

        assert answer.status_code == 422
        assert "30 minutes after the agreed time" in answer.context["choice"].error
        assert state_of(waiting) == State.CONFIRMED


class TestAccess:
    def test_code_and_who_opens(self, client, job):
        client.post(
            url("access", job), {"door_code": "B12,\n2e  étage", "at_the_door": "Madame Roux"}
        )

        job.contact.refresh_from_db()
        assert (job.contact.door_code, job.contact.at_the_door) == ("B12, 2e étage", "Madame Roux")

    def test_what_is_there_is_shown(self, client, job):
        assert 'value="4180A"' in client.get(url("access", job)).content.decode()

    def test_too_long_is_refused_and_kept(self, client, job):
        answer = client.post(
            url("access", job), {"door_code": "x" * 201, "at_the_door": "Madame Roux"}
        )

        assert answer.status_code == 422
        assert "Madame Roux" in answer.content.decode()
        job.contact.refresh_from_db()
        assert job.contact.door_code == "4180A"

    def test_on_the_way_it_is_too_late(self, client, searching, partner):
        booking = walk(searching, partner, State.EN_ROUTE)

        client.post(url("access", booking), {"door_code": "B12"})

        booking.contact.refresh_from_db()
        assert booking.contact.door_code == "4180A"
        with pytest.raises(changes.TooLate):
            changes.set_access(booking.pk, door_code="B12", at_the_door="")


class TestRefuse:
    @pytest.fixture
    def finished(self, searching, partner):
        return walk(searching, partner, State.FINISHED)

    def test_with_a_reason(self, client, finished):
        client.post(url("refuse", finished), {"reason": "Toujours lent."})

        event = BookingEvent.objects.get(booking=finished, move="refuse")
        assert (event.reason, event.by) == ("Toujours lent.", None)
        assert state_of(finished) == State.CONTESTED

    @pytest.mark.parametrize("reason", ["", "  \n ", "x" * 2001])
    def test_without_one_nothing_happens(self, client, finished, reason):
        answer = client.post(url("refuse", finished), {"reason": reason})

        assert answer.status_code == 422
        assert 'aria-describedby="id_reason_error"' in answer.content.decode()
        assert state_of(finished) == State.FINISHED

    def test_signed_work_can_no_longer_be_refused(self, client, searching, partner):
        booking = walk(searching, partner, State.SIGNED_OFF)

        assert client.post(url("refuse", booking), {"reason": "x"}).url == url("booking", booking)
        assert state_of(booking) == State.SIGNED_OFF


class TestRate:
    @pytest.fixture
    def signed(self, searching, partner):
        return walk(searching, partner, State.SIGNED_OFF)

    def test_stars_and_words(self, client, signed, partner):
        client.post(url("rate", signed), {**STARS, "comment": "Très bien."})

        rating = Rating.objects.get()
        partner.refresh_from_db()
        assert (rating.quality, rating.punctuality, rating.friendliness) == (5, 4, 5)
        assert rating.comment == "Très bien."
        assert partner.star_count == 1

    @pytest.mark.parametrize("quality", ["", "0", "6", "-1", "5.5", "1e400", "٥", "five"])
    def test_what_is_no_star_is_refused_and_the_rest_kept(self, client, signed, quality):
        answer = client.post(
            url("rate", signed), {**STARS, "quality": quality, "comment": "Très bien."}
        )

        assert answer.status_code == 422
        assert "Très bien." in answer.content.decode()
        assert not Rating.objects.exists()

    def test_once(self, client, signed):
        reviewing.rate(signed.pk, quality=1, punctuality=1, friendliness=1, comment="")

        assert client.post(url("rate", signed), STARS).url == url("booking", signed)
        assert Rating.objects.get().quality == 1

    def test_not_before_the_end(self, client, job):
        assert client.get(url("rate", job)).url == url("booking", job)


@pytest.mark.parametrize("name", ["cancel", "move", "access"])
def test_looking_changes_nothing(client, searching, name):
    events = BookingEvent.objects.count()

    answer = client.get(url(name, searching))

    assert answer.status_code == 200
    assert "<form" in answer.content.decode()
    assert BookingEvent.objects.count() == events


class TestMeanwhile:
    """Between the look at the booking and the verb it moved on: the verb's
    own sentence is shown.
    """

    @pytest.fixture
    def overtaken(self, monkeypatch):
        def refuse(*args, **kwargs):
            raise changes.TooLate

        monkeypatch.setattr(changes, "set_access", refuse)
        monkeypatch.setattr(signing, "refuse", refuse)
        monkeypatch.setattr(reviewing, "rate", refuse)

    @pytest.mark.parametrize(
        ("name", "until", "data"),
        [
            ("access", State.CLAIMED, {"door_code": "B12"}),
            ("refuse", State.FINISHED, {"reason": "Lent."}),
            ("rate", State.SIGNED_OFF, STARS),
        ],
    )
    def test_the_sentence_of_the_refusal_is_shown(
        self, client, searching, partner, overtaken, name, until, data
    ):
        booking = walk(searching, partner, until)

        answer = client.post(url(name, booking), data, headers=EN)

        assert answer.status_code == 422
        assert "Somebody is already on the way" in answer.content.decode()
