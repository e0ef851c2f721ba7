"""The board: what needs a person, what is about to fall, how today goes (rule O1)."""

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notification
from backoffice import board as admin_board
from backoffice import board_charts
from mila import heartbeat
from mila.clock import mila_now, move_clock, set_clock
from payments.models import StripeEvent
from requests_app.lifecycle import Role, advance
from requests_app.models import Booking
from tests import factories
from tests.cast import MORNING, claimed
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


def board(ops):
    return ops.get(reverse("admin:index")).context


def tile(ops, name):
    return next(one for one in board(ops)["tiles"] if one.name == name)


def test_empty_house_is_calm(ops, morning):
    context = board(ops)

    assert {one.tone for one in context["tiles"]} == {"good"}
    assert context["falling"] == []
    assert [chart.today for chart in context["charts"]] == ["–", "–"]


def test_numbers_lead_into_lists_that_hold_them(ops, searching):
    advance(searching.pk, "exhaust", role=Role.SYSTEM, by=None)
    factories.PartnerFactory(approved_at=None)
    Notification.objects.update(state="failed")
    StripeEvent.objects.create(
        stripe_id="evt_1", type="x", object_id="o", livemode=False, payload={}
    )

    for name, count in {
        "unfilled": 1,
        "applied": 1,
        "events": 1,
        "notices": Notification.objects.count(),
    }.items():
        one = tile(ops, name)
        assert (one.count, one.tone in ("bad", "warn")) == (count, True)
        assert ops.get(one.url).context["cl"].result_count == count


def test_every_link_of_the_board_opens(ops, job):
    context = board(ops)

    links = [one.url for one in (*context["tiles"], *context["bars"], *context["falling"])]

    assert {url: ops.get(url).status_code for url in links if ops.get(url).status_code != 200} == {}


def test_bars_count_by_state(ops, job):
    factories.placed_booking()
    factories.placed_booking()

    bars = {bar.label: bar for bar in board(ops)["bars"]}

    assert (bars["En recherche"].count, bars["Acceptée"].count) == (2, 1)
    assert bars["En recherche"].width == admin_board.BAR_WIDE
    assert bars["Acceptée"].width == admin_board.BAR_WIDE // 2


def test_clocks_fall_in_order_and_in_tone(ops, job):
    other = factories.placed_booking()

    falling = board(ops)["falling"]
    assert [one.booking for one in falling] == [job, job, other, other]
    assert {one.tone for one in falling} == {""}

    set_clock(job.due_at, speed=0)
    move_clock(admin_board.SOON / 60)
    first = board(ops)["falling"]
    assert {one.tone for one in first if one.booking == job} == {"bad"}


def test_clock_within_the_hour_is_amber(ops, job):
    set_clock(job.due_at - admin_board.SOON / 2, speed=0)

    assert "warn" in {one.tone for one in board(ops)["falling"] if one.booking == job}


def test_fill_rate_and_time_to_claim_of_today(ops, stopped_clock, partner):
    stopped_clock(MORNING)
    first = factories.placed_booking()
    factories.placed_booking()
    stopped_clock(MORNING + admin_board.SOON / 60)
    claimed(first, partner)

    fill, claim = board(ops)["charts"]

    assert fill.today == "50\N{NO-BREAK SPACE}%"
    assert claim.today == "1\N{NO-BREAK SPACE}min"
    assert fill.columns[-1].height == board_charts.CHART_HIGH // 2
    assert len(fill.columns) == board_charts.DAYS
    assert fill.columns[-1].today


def test_yesterday_has_its_own_column(ops, searching):
    Booking.objects.update(placed_at=searching.placed_at - 24 * admin_board.SOON)

    fill, _claim = board(ops)["charts"]

    assert fill.today == "–"
    assert fill.columns[-2].height > 0


def test_quiet_sweeps_are_named(ops, morning):
    heartbeat.stamp("offers")

    beats = {name: tone for name, _said, tone in board(ops)["beats"]}

    assert beats["offers"] == "good"
    assert beats["charges"] == "bad"


def test_same_queries_for_one_booking_and_a_full_house(ops, morning, partner):
    address = reverse("admin:index")
    factories.placed_booking()
    ops.get(address)
    with CaptureQueriesContext(connection) as few:
        ops.get(address)
    for _one in range(3):
        factories.placed_booking()
    claimed(factories.placed_booking(), partner)
    with CaptureQueriesContext(connection) as full:
        ops.get(address)

    assert len(full) == len(few)
    assert len(full) <= 28


def test_page_asks_for_itself_again(ops, morning):
    page = ops.get(reverse("admin:index")).content.decode()

    assert 'hx-trigger="every 30s"' in page
    assert f'hx-get="{reverse("admin:board")}"' in page


def test_open_board_gets_the_board_alone(ops, job):
    page = ops.get(reverse("admin:index")).content.decode()

    part = ops.get(reverse("admin:board"), headers={"HX-Request": "true"}).content.decode()

    assert 'id="board"' in part
    assert "<html" not in part
    assert len(part) < len(page) / 2


def test_board_alone_is_for_who_may_see_bookings(client, staff):
    staff.is_superuser = False
    staff.save()
    sign_in(client, staff)

    assert client.get(reverse("admin:board")).status_code == 403


def test_list_of_apps_is_made_once_a_request(ops, monkeypatch):
    made = []
    build = AdminSite._build_app_dict
    monkeypatch.setattr(
        AdminSite, "_build_app_dict", lambda *args: made.append(args) or build(*args)
    )

    ops.get(reverse("admin:index"))

    assert len(made) == 1


def test_staff_without_the_right_see_no_board(client, morning):
    user = factories.UserFactory(is_staff=True)
    sign_in(client, user)
    assert "tiles" not in client.get(reverse("admin:index")).context

    user.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    assert "tiles" in client.get(reverse("admin:index")).context


def test_strangers_sign_in_first(client, customer):
    sign_in(client, customer)

    assert client.get(reverse("admin:index")).status_code == 302


def test_sidebar_shows_what_one_may_see(client, morning):
    user = factories.UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    sign_in(client, user)

    page = client.get(reverse("admin:index")).content.decode()

    assert reverse("admin:requests_app_booking_changelist") in page
    assert reverse("admin:payments_charge_changelist") + '" class="flex' not in page


def test_board_counts_by_the_house_clock(morning):
    assert board_charts.charts(mila_now())[0].columns[-1].words.startswith("mardi 24 novembre")
