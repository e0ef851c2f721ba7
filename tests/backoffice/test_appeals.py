"""The desk of appeals: who may decide, with a reason, and what is given back by the same act
(rule L17).
"""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice import booking_history
from mila.clock import mila_now
from payments.models import WayPay
from requests_app.actions import appealing, visit
from requests_app.models import Appeal, Fault, State
from tests import factories
from tests.pictures import jpeg, redraw
from tests.requests_app.booking_states import booking_in
from tests.requests_app.test_fault_ledger import broken
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


@pytest.fixture
def appeal(now, partner, staff):
    """Against a visit in vain, with a photo."""
    booking = booking_in(State.IN_PROGRESS, partner, now)
    visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="No line", fault=Fault.PARTNER)
    row = booking.faults.get()
    return appealing.appeal_fault(
        partner, row.uuid, words="Ask Ms P", picture=redraw(jpeg()), by=partner.user
    )


def act(appeal, name):
    return reverse("admin:requests_app_appeal_act", args=[appeal.pk, name])


def shown(appeal):
    return reverse("admin:requests_app_appeal_change", args=[appeal.pk])


def test_board_list_and_page_lead_to_it(ops, appeal):
    tiles = {tile.name: tile for tile in ops.get(reverse("admin:index")).context["tiles"]}
    assert (tiles["appeals"].count, tiles["late_appeals"].count) == (1, 0)
    assert list(ops.get(tiles["appeals"].url).context["cl"].result_list) == [appeal]

    page = ops.get(shown(appeal)).content.decode()

    assert "Ask Ms P" in page
    assert act(appeal, "overturn") in page
    photo = ops.get(reverse("admin:requests_app_appeal_photo", args=[appeal.pk, appeal.photo.key]))
    assert photo["content-type"] == "image/jpeg"


def test_overdue_is_red(ops, appeal, stopped_clock):
    stopped_clock(appeal.due_at)

    tiles = {tile.name: tile for tile in ops.get(reverse("admin:index")).context["tiles"]}

    assert (tiles["late_appeals"].count, tiles["late_appeals"].tone) == (1, "bad")
    assert list(ops.get(tiles["late_appeals"].url).context["cl"].result_list) == [appeal]


def test_overturned_gives_figures_and_money_back(ops, appeal, partner):
    answers = {"who": "mila", "paid": "yes", "reason": "The catalogue was wrong"}

    ops.post(act(appeal, "overturn"), answers)
    ops.post(act(appeal, "overturn"), answers)

    appeal.refresh_from_db()
    assert (appeal.verdict, appeal.reason) == ("overturned", "The catalogue was wrong")
    assert (broken(partner), WayPay.objects.get().cents) == (0, 2500)
    appeal.fault.booking.refresh_from_db()
    assert appeal.fault.booking.end_fault == "mila"


def test_where_the_money_cannot_be_given_nothing_is_decided(ops, appeal, partner, staff):
    WayPay.objects.create(
        booking=appeal.fault.booking, partner=partner.partner, cents=0, at=mila_now(), by=staff
    )

    answer = ops.post(act(appeal, "overturn"), {"who": "mila", "paid": "yes", "reason": "Wrong"})

    assert "b-alert" in answer.content.decode()
    assert Appeal.objects.get().verdict == ""
    assert broken(partner) == 2


def test_upheld_says_why(ops, appeal, partner):
    ops.post(act(appeal, "uphold"), {"reason": "The line was there"})

    assert Appeal.objects.get().reason == "The line was there"
    assert broken(partner) == 2


@pytest.mark.parametrize("name", ["overturn", "uphold"])
def test_without_a_reason_or_the_right_nothing_is_decided(name, client, ops, appeal, partner):
    assert (
        ops.post(act(appeal, name), {"reason": " ", "who": "mila", "paid": "no"}).status_code == 200
    )
    clerk = factories.UserFactory(email="desk@example.com", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_appeal"))
    sign_in(client, clerk)

    answer = client.post(act(appeal, name), {"reason": "Mine", "who": "mila", "paid": "no"})

    assert answer.status_code == 403
    assert Appeal.objects.get().verdict == ""
    assert broken(partner) == 2


def test_photo_of_another_appeal_is_not_there(ops, appeal):
    assert (
        ops.get(reverse("admin:requests_app_appeal_photo", args=[appeal.pk, "x" * 43])).status_code
        == 404
    )


def test_story_of_the_booking_tells_it(appeal, now):
    section = booking_history.faults(appeal.fault.booking, now)

    assert [row[1] for row in section.rows] == [appeal.fault.get_kind_display()]
    assert str(appeal.pk) in section.rows[0][-1]


def test_lists_of_faults_and_suspensions_open(ops, appeal):
    for name in ("faultentry", "suspension", "appeal"):
        app = "accounts" if name == "suspension" else "requests_app"
        assert ops.get(reverse(f"admin:{app}_{name}_changelist")).context["cl"].result_count == (
            name != "suspension"
        )
