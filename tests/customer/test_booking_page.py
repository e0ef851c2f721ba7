"""The page of a booking behind its secret link (rule B11)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Notification, NotificationState
from customer.mini_map import HEIGHT, WIDTH
from mila.clock import mila_now, move_clock
from payments.models import Charge
from places.actions import load_gazetteer
from places.gazetteer import Entry
from requests_app.actions import changes, reviewing, signing, visit
from requests_app.lifecycle import Role, advance
from requests_app.models import Booking, State
from tests import factories
from tests.cast import agree, claimed, code_of, sign, walk

EN = {"accept-language": "en"}


def url(name, booking):
    return reverse(f"customer:{name}", args=[booking.token])


def page(client, booking):
    return client.get(url("booking", booking), headers=EN)


def ways(answer):
    return {way.url for way in answer.context["page"].actions}


@pytest.mark.parametrize(
    ("state", "title", "badge"),
    [
        (State.CLAIMED, "Yanis will call you before 22:00", "Somebody has accepted"),
        (State.CALLED, "Planned: Yanis comes on Friday 27 November, 14:00", "To be confirmed"),
        (State.CONFIRMED, "Confirmed: Yanis comes on Friday 27 November, 14:00", "Confirmed"),
        (State.EN_ROUTE, "Yanis is on the way to you", "On the way"),
        (State.ARRIVED, "Yanis is at your door", "At the door"),
        (State.IN_PROGRESS, "Yanis is at work at your home", "At work"),
        (State.FINISHED, "The work is done: read and sign", "Your signature"),
        (State.SIGNED_OFF, "Thank you, your visit is complete", "Signed"),
    ],
)
def test_the_title_says_what_is_going_on(client, searching, partner, state, title, badge):
    booking = walk(searching, partner, state)

    answer = page(client, booking)

    text = answer.content.decode()
    assert f"<h1>{title}</h1>" in text
    assert f">{badge}<" in text
    assert state.value not in answer.context["page"].title


def test_while_searching_it_says_until_when(client, searching):
    answer = page(client, searching)

    lines = answer.context["page"].timeline
    assert [(line.state, line.what) for line in lines] == [
        ("done", "Booked"),
        ("now", "We ask the best people near you"),
        ("next", "Whoever accepts calls you"),
        ("next", "The visit"),
        ("next", "You try it, you sign"),
    ]
    assert lines[1].when == "until Friday 27 November, 13:00 at the latest"
    assert answer.context["page"].partner is None
    assert url("move", searching) in ways(answer)


def test_several_wishes_are_all_named(client, morning):
    booking = factories.placed_booking(
        wishes=[factories.service_day_at(14), factories.service_day_at(16)]
    )

    text = page(client, booking).content.decode()

    assert "Fri 27 Nov, 14:00 or Fri 27 Nov, 16:00" in text


def test_whoever_comes_is_shown_with_their_figures_and_number(client, job, partner):
    partner.languages, partner.star_sum, partner.star_count = ["fr", "en"], 49, 10
    partner.save()

    card = page(client, job).context["page"].partner

    assert card.name == "Yanis Corvel"
    assert card.line == "Friend, level 3, French, English"
    assert (card.stars, card.reviews, card.phone) == (4.9, 10, str(partner.phone))
    assert card.contract == f"Your contract is with {partner.partner.name}; Mila mediates."


def test_with_a_pro_the_contract_is_with_mila(client, searching, rival_partner):
    booking = claimed(searching, rival_partner)

    card = page(client, booking).context["page"].partner

    assert card.line.startswith("Pro, ")
    assert card.contract.startswith("Your contract is with Mila")


def test_in_french_a_language_is_written_small(client, job, partner):
    partner.languages = ["fr"]
    partner.save()

    assert client.get(url("booking", job)).context["page"].partner.line.endswith("français")


def test_the_number_is_gone_a_week_after_the_signature(client, searching, partner):
    booking = walk(searching, partner, State.SIGNED_OFF)

    assert str(partner.phone) in page(client, booking).content.decode()
    move_clock(timedelta(days=7, seconds=1))
    assert str(partner.phone) not in page(client, booking).content.decode()


def test_when_somebody_no_longer_comes_the_story_says_so(client, job, partner, rival_partner):
    visit.release(job.pk, partner.pk, by=partner.user, reason="Panne")
    searching_again = page(client, job).context["page"]
    claimed(Booking.objects.get(pk=job.pk), rival_partner)

    lines = page(client, job).context["page"].timeline

    assert searching_again.title == "We are looking for somebody else for you"
    assert [line.what for line in lines[:4]] == [
        "Booked",
        "Yanis Corvel has accepted",
        "Yanis can no longer come",
        "Inès Rivale has accepted",
    ]
    assert lines[2].state == "lost"


class TestOnTheWay:
    @pytest.fixture
    def travelling(self, searching, partner):
        booking = walk(searching, partner, State.EN_ROUTE)
        at = mila_now() + timedelta(minutes=14, seconds=20)
        visit.report_position(booking.pk, partner.pk, lat=45.76, lon=4.86, eta_at=at)
        return booking

    def test_the_map_and_the_hour_of_arrival_are_shown(self, client, travelling):
        answer = page(client, travelling)

        drawn = answer.context["page"].mini_map
        assert drawn.km == 2
        assert drawn.technician_xy[0] > drawn.home_xy[0]  # east of the house
        assert drawn.technician_xy[1] < drawn.home_xy[1]  # and north of it
        assert answer.context["page"].title.startswith("Yanis arrives at about ")
        assert "about 14 min left" in answer.content.decode()
        assert "<svg viewBox" in answer.content.decode()

    def test_the_map_names_the_towns_around_and_that_of_the_house(self, client, travelling):
        load_gazetteer(
            [
                Entry("FR", "69008", "69", "Lyon 8e Arrondissement", "", 45.7545, 4.852, "town"),
                Entry("FR", "69100", "69", "Villeurbanne", "", 45.7495, 4.848, "town"),
                Entry("FR", "75001", "75", "Paris 1er Arrondissement", "", 48.86, 2.34, "town"),
            ]
        )

        answer = page(client, travelling)

        drawn = answer.context["page"].mini_map
        # at the house there is no room for a second name
        assert [town.name for town in drawn.towns] == ["Lyon 8e"]
        assert drawn.technician_xy[0] > drawn.towns[0].xy[0] > drawn.home_xy[0]
        assert drawn.technician_xy[1] < drawn.towns[0].xy[1] < drawn.home_xy[1]
        text = answer.content.decode()
        assert ">Lyon 8e</text>" in text
        assert f">{travelling.city}</text>" in text

    def test_after_the_arrival_there_is_no_position_any_more(self, client, travelling, partner):
        visit.arrive(travelling.pk, partner.pk, by=partner.user)

        answer = page(client, travelling)

        assert answer.context["page"].mini_map is None
        assert "<svg viewBox" not in answer.content.decode()

    @pytest.mark.parametrize(("lat", "lon"), [(45.7485, 4.8467), (46.2, 4.0), (45.0, 5.9)])
    def test_the_drawing_stays_on_its_sheet(self, client, travelling, partner, lat, lon):
        visit.report_position(travelling.pk, partner.pk, lat=lat, lon=lon, eta_at=None)

        drawn = page(client, travelling).context["page"].mini_map

        for x, y in (drawn.home_xy, drawn.technician_xy):
            assert 0 < x < WIDTH
            assert 0 < y < HEIGHT

    def test_a_place_without_a_point_has_no_map(self, client, travelling):
        travelling.contact.lat = None
        travelling.contact.save()

        assert page(client, travelling).context["page"].mini_map is None


class TestLate:
    @pytest.mark.parametrize(
        ("minutes", "badge", "no_show"),
        [(14, "Confirmed", False), (16, "Late", False), (31, "Late", True)],
    )
    def test_a_late_visit_says_what_can_be_done(
        self, client, searching, partner, minutes, badge, no_show
    ):
        booking = walk(searching, partner, State.CONFIRMED)
        move_clock(booking.start_at + timedelta(minutes=minutes) - mila_now())

        answer = page(client, booking)

        assert answer.context["page"].badge[1] == badge
        assert (url("no_show", booking) in ways(answer)) is no_show


class TestWhatMayBeDone:
    def test_what_cancelling_costs_stands_beside_it(self, client, morning, partner):
        booking = factories.placed_booking(
            country="CH", currency="CHF", service_cents=11900, booking_fee_cents=490
        )
        walk(booking, partner, State.CONFIRMED)
        move_clock(timedelta(days=2, hours=22))

        way = next(
            w
            for w in page(client, booking).context["page"].actions
            if w.url == url("cancel", booking)
        )

        assert way.note == "CHF\N{NO-BREAK SPACE}30.00 in all"

    def test_a_french_customer_may_withdraw_for_14_days(self, client, morning):
        start = factories.service_day_at(14, days=20)
        booking = factories.placed_booking(wishes=[start])
        within = ways(page(client, booking))
        move_clock(timedelta(days=15))
        after = ways(page(client, booking))

        assert url("withdraw", booking) in within
        assert url("withdraw", booking) not in after
        assert url("cancel", booking) in after

    def test_on_the_way_nothing_changes_any_more(self, client, searching, partner):
        booking = walk(searching, partner, State.EN_ROUTE)

        answer = page(client, booking)

        beside = {url("messages", booking), url("not_again", booking), reverse("customer:help")}
        card = url("another_card", booking)
        assert ways(answer) == {url("withdraw", booking), card, *beside}
        assert "The hour can no longer change" in answer.content.decode()

    def test_on_the_way_and_much_too_late_they_may_cancel_or_ask_for_another(
        self, client, searching, partner
    ):
        booking = walk(searching, partner, State.EN_ROUTE)
        move_clock(booking.start_at + timedelta(minutes=31) - mila_now())

        assert {url("cancel", booking), url("no_show", booking)} <= ways(page(client, booking))
        assert client.get(url("cancel", booking)).status_code == 200

    def test_finished_work_is_signed_refused_or_rated(self, client, searching, partner):
        booking = walk(searching, partner, State.FINISHED)

        answer = page(client, booking)

        assert answer.context["page"].primary.url == url("sign", booking)
        assert {url("refuse", booking), url("rate", booking)} <= ways(answer)
        assert url("cancel", booking) not in ways(answer)

    def test_signed_work_asks_how_it_was_until_it_is_said(self, client, searching, partner):
        booking = walk(searching, partner, State.SIGNED_OFF)
        before = page(client, booking).context["page"].primary
        reviewing.rate(booking.pk, quality=5, punctuality=5, friendliness=4, comment="")

        answer = page(client, booking)

        assert before.url == url("rate", booking)
        assert answer.context["page"].primary is None
        assert "You have said how it was" in answer.content.decode()

    def test_an_open_payment_comes_first(self, client, searching, partner):
        booking = walk(searching, partner, State.SIGNED_OFF)
        Charge.objects.create(
            booking=booking,
            partner=booking.partner,
            kind="job",
            state="failed",
            currency="EUR",
            amount_cents=7190,
            service_cents=6900,
            booking_fee_cents=290,
            commission_cents=1380,
            partner_cents=5520,
        )

        answer = page(client, booking)

        assert answer.context["page"].badge == ("lost", "Unpaid")
        assert answer.context["page"].title == "Your payment did not go through"
        assert answer.context["page"].primary.url == reverse("customer:pay", args=[booking.token])

    def test_unfilled_asks_for_another_time(self, client, searching):
        advance(searching.pk, "exhaust", role=Role.SYSTEM, by=None)

        answer = page(client, searching)

        assert answer.context["page"].primary.url == url("move", searching)
        assert answer.context["page"].title == "Nobody is free at the times you chose"

    def test_cancelled_says_what_it_costs(self, client, searching):
        changes.cancel(searching.pk, role=Role.CUSTOMER, by=None)

        text = page(client, searching).content.decode()

        assert "It costs you nothing." in text
        assert "Nothing to pay." in text

    def test_a_late_end_shows_its_price(self, client, searching):
        Booking.objects.filter(pk=searching.pk).update(fee_cents=2500)
        changes.cancel(searching.pk, role=Role.OPS, by=None, reason="Wunsch")
        Booking.objects.filter(pk=searching.pk).update(fee_cents=2500)

        answer = page(client, searching)

        assert answer.context["page"].receipt == ([("Cancellation", 2500)], 2500)

    def test_a_visit_in_vain_says_who_pays(self, client, searching, partner):
        booking = walk(searching, partner, State.ARRIVED)
        visit.fail_visit(
            booking.pk, partner.pk, by=partner.user, reason="Pas de ligne", fault="nobody"
        )

        answer = page(client, booking)

        assert answer.context["page"].explanation == "You pay nothing."
        assert str(partner.phone) not in answer.content.decode()

    def test_an_objection_stops_the_clock(self, client, searching, partner):
        booking = walk(searching, partner, State.FINISHED)
        signing.refuse(booking.pk, by=None, reason="Rien ne marche")

        answer = page(client, booking)

        assert "Nothing is charged before we have decided" in answer.content.decode()
        assert answer.context["page"].primary is None


class TestPrice:
    def test_what_was_signed_is_what_is_shown(self, client, searching, partner):
        walk(searching, partner, State.IN_PROGRESS)
        agree(searching, partner, 8000)
        visit.finish(searching.pk, partner.pk, by=partner.user, report={"done": "x"})
        sign(searching, kind="own_device")

        answer = page(client, searching)

        assert answer.context["page"].receipt[1] == 8290
        assert [version.total_cents for version in answer.context["page"].versions] == [7190, 8290]
        assert "€82.90" in answer.content.decode()

    def test_paid_is_the_end_of_the_story(self, client, searching, partner):
        walk(searching, partner, State.SIGNED_OFF)
        signing.settle(searching.pk)

        lines = page(client, searching).context["page"].timeline

        assert lines[-1].what == "Paid by card"
        assert all(line.state == "done" for line in lines)


class TestReached:
    @pytest.fixture
    def notice(self, searching):
        Notification.objects.update(state=NotificationState.SENT)
        return Notification.objects.get(kind="booked")

    def state(self, notice):
        notice.refresh_from_db()
        return notice.state

    def test_opening_the_page_means_that_the_message_arrived(self, client, searching, notice):
        page(client, searching)
        page(client, searching)

        assert self.state(notice) == NotificationState.REACHED

    def test_somebody_else_who_is_signed_in_does_not(self, client, searching, notice, staff):
        client.force_login(staff)

        page(client, searching)

        assert self.state(notice) == NotificationState.SENT

    def test_the_part_that_renews_itself_does_not(self, client, searching, notice):
        client.get(url("status", searching))

        assert self.state(notice) == NotificationState.SENT


class TestTheLink:
    @pytest.mark.parametrize(
        "name", ["booking", "status", "cancel", "move", "no_show", "access", "refuse", "rate"]
    )
    def test_a_foreign_token_is_not_found(self, client, searching, name):
        assert client.get(reverse(f"customer:{name}", args=["y" * 43])).status_code == 404
        assert client.post(reverse(f"customer:{name}", args=["y" * 43])).status_code in (404, 405)

    def test_nobody_keeps_the_page_or_its_address(self, client, searching):
        answer = page(client, searching)

        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Robots-Tag"] == "noindex"
        assert answer["Referrer-Policy"] == "strict-origin"

    def test_a_draft_goes_back_to_its_steps(self, client, morning):
        draft = factories.DraftFactory()

        assert page(client, draft).url == url("draft", draft)

    def test_it_is_followed_live(self, client, searching):
        text = page(client, searching).content.decode()

        assert "data-live-url=" in text
        assert f'hx-get="{url("status", searching)}"' in text

    def test_the_part_holds_what_changes_and_the_dock(self, client, job):
        text = client.get(url("status", job), headers={"hx-request": "true", **EN}).content.decode()

        assert 'id="changing"' in text
        assert 'id="dock" aria-label="Next step" hx-swap-oob="true"' in text
        assert "<html" not in text
        assert "Yanis will call you" in text


@pytest.mark.parametrize("state", [State.CLAIMED, State.EN_ROUTE, State.FINISHED, State.SIGNED_OFF])
def test_the_page_takes_a_fixed_number_of_queries(
    client, searching, partner, state, django_assert_max_num_queries
):
    booking = walk(searching, partner, state)

    with django_assert_max_num_queries(22):
        page(client, booking)


@pytest.mark.parametrize(
    ("state", "shown"),
    [(State.CLAIMED, False), (State.CONFIRMED, False), (State.EN_ROUTE, True),
        (State.ARRIVED, True),
     (State.IN_PROGRESS, False), (State.FINISHED, False)],
)  # fmt: skip
def test_the_visit_code_is_on_the_page_from_departure_until_it_was_typed(
    client, searching, partner, state, shown
):
    booking = walk(searching, partner, state)

    answer = page(client, booking)

    text = answer.content.decode()
    assert ('class="visit-code-digits"' in text) == shown
    assert (f">{code_of(booking)}<" in text) == shown
