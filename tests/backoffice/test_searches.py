"""Assigning and searching by hand; searches and offers are only looked at (rule O1, O3, D9)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from backoffice.admin.dispatch import technician_choices
from dispatch import offers
from dispatch.actions import NothingToSearch, WindowRuns, search_again
from dispatch.models import Offer, OfferState, Search
from mila.clock import mila_now
from requests_app.lifecycle import Role, advance
from requests_app.models import State
from tests import factories
from tests.cast import claimed, walk
from tests.dispatch import steps
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


def act(booking, name):
    return reverse("admin:requests_app_booking_act", args=[booking.pk, name])


def answers(person, **changes):
    return {"technician": person.pk, "rank": 1, "reason": "Par téléphone", **changes}


# --- Assign
# --------------------------------------------------------------------------------------------------


def test_assigned_by_hand(ops, staff, wanted, partner):
    answer = ops.post(act(wanted, "assign"), answers(partner))

    wanted.refresh_from_db()
    event = wanted.events.latest("sequence")
    assert answer.status_code == 302
    assert (wanted.state, wanted.technician) == (State.CLAIMED, partner)
    assert (event.move, event.role, event.by, event.reason) == (
        "assign",
        Role.OPS,
        staff,
        "Par téléphone",
    )


def test_suitable_come_first_then_others_with_the_skill(wanted, partner, rival_partner):
    far = steps.technician(north_m=300_000, user__name="Loin Dici")
    factories.TechnicianFactory(
        user__name="Suspendu", partner__suspended_at=mila_now(), partner__suspension_reason="x"
    )

    _none, (_suitable, first), (_others, rest) = technician_choices(wanted)

    assert [pk for pk, _words in first] == [partner.pk, rival_partner.pk]
    assert [pk for pk, _words in rest] == [far.pk]
    assert "1" in first[0][1]


def test_somebody_the_search_would_not_ask_may_be_assigned(ops, wanted):
    far = steps.technician(north_m=300_000)

    ops.post(act(wanted, "assign"), answers(far))

    wanted.refresh_from_db()
    assert wanted.technician == far


def test_busy_technician_is_refused(ops, wanted, partner):
    claimed(factories.placed_booking(), partner)
    events = wanted.events.count()

    answer = ops.post(act(wanted, "assign"), answers(partner))

    wanted.refresh_from_db()
    assert 'role="alert"' in answer.content.decode()
    assert (wanted.state, wanted.events.count()) == (State.SEARCHING, events)


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"technician": "0"}, {"rank": "3"}, {"technician": ""}]
)
def test_incomplete_assignment_is_refused(ops, wanted, partner, wrong):
    answer = ops.post(act(wanted, "assign"), answers(partner, **wrong))

    wanted.refresh_from_db()
    assert answer.status_code == 200
    assert wanted.state == State.SEARCHING


def test_unconfirmed_booking_goes_to_another_at_the_agreed_time(
    ops, wanted, partner, rival_partner
):
    booking = walk(wanted, partner, State.CALLED)
    steps.at(booking.due_at)
    booking = advance(booking.pk, "miss_confirm", role=Role.SYSTEM, by=None)
    start = booking.start_at

    ops.post(act(booking, "assign"), answers(rival_partner))

    booking.refresh_from_db()
    assert (booking.technician, booking.start_at) == (rival_partner, start)


# --- Search again
# ------------------------------------------------------------------------------------------------


def test_search_again_asks_the_next_one(ops, wanted, partner):
    answer = ops.post(act(wanted, "search"), {"reason": "Le client attend"})

    assert answer.status_code == 302
    assert Offer.objects.get().technician == partner


def test_running_window_is_left_alone(wanted, partner):
    offer = offers.open_next(wanted.pk)

    with pytest.raises(WindowRuns):
        search_again(wanted.pk)

    offer.refresh_from_db()
    assert offer.state == OfferState.OPEN


def test_search_that_found_nobody_begins_anew(wanted, partner):
    booking = walk(wanted, partner, State.CALLED)
    steps.at(booking.due_at)
    booking = advance(booking.pk, "miss_confirm", role=Role.SYSTEM, by=None)
    assert offers.open_next(booking.pk) is None
    assert Search.objects.latest("round").end == "nobody"
    newcomer = factories.TechnicianFactory(user__name="Nouveau Venu")

    offer = search_again(booking.pk)

    assert offer is not None or Search.objects.latest("round").pool_at is not None
    assert newcomer.search_rows.exists()
    assert Search.objects.filter(booking=booking, ended_at=None).count() == 1


def test_claimed_booking_needs_no_search(ops, wanted, partner):
    booking = claimed(wanted, partner)

    with pytest.raises(NothingToSearch):
        search_again(booking.pk)
    assert (
        act(booking, "search")
        not in ops.get(
            reverse("admin:requests_app_booking_change", args=[booking.pk])
        ).content.decode()
    )


# --- What is shown
# -----------------------------------------------------------------------------------------------


def test_story_shows_offers_and_trace(ops, wanted, partner):
    offer = offers.open_next(wanted.pk)
    offers.decline(offer.pk, partner.pk, reason="far")

    page = ops.get(reverse("admin:requests_app_booking_change", args=[wanted.pk])).content.decode()

    assert "Yanis Corvel" in page
    assert str(offer.score_ppm) in page
    assert "weights_ppm" in page


def test_reserve_and_who_was_asked_from_it_are_shown(ops, wanted, partner, rival_partner):
    steps.taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    waiting = ops.get(reverse("admin:dispatch_offer_changelist"), {"reserve_at__isempty": "0"})
    steps.release(wanted, rival_partner)
    asked = offers.open_next(wanted.pk)

    first = ops.get(reverse("admin:dispatch_offer_changelist"), {"from_reserve__exact": "1"})
    page = ops.get(reverse("admin:requests_app_booking_change", args=[wanted.pk])).content.decode()

    assert [offer.technician for offer in waiting.context["cl"].result_list] == [partner]
    assert list(first.context["cl"].result_list) == [asked]
    with translation.override("fr"):
        assert gettext("asked first") in page
        assert gettext("in reserve since %(at)s").partition("%")[0] in page


@pytest.mark.parametrize("model", ["search", "offer"])
@pytest.mark.parametrize(
    "filters", [{}, {"standing": "running"}, {"standing": "pool"}, {"standing": "nobody"}]
)
def test_lists_are_read_only(ops, wanted, partner, model, filters):
    offer = offers.open_next(wanted.pk)
    row = offer if model == "offer" else offer.search
    filters = filters if model == "search" else {}

    assert ops.get(reverse(f"admin:dispatch_{model}_changelist"), filters).status_code == 200
    page = ops.get(reverse(f"admin:dispatch_{model}_change", args=[row.pk]))
    assert page.status_code == 200
    assert offer.lock_token not in page.content.decode()
    assert (
        ops.post(
            reverse(f"admin:dispatch_{model}_change", args=[row.pk]), {"state": "claimed"}
        ).status_code
        == 403
    )
    assert ops.get(reverse(f"admin:dispatch_{model}_add")).status_code == 403
    offer.refresh_from_db()
    assert offer.state == OfferState.OPEN


@pytest.mark.parametrize("model", ["search", "offer"])
def test_lists_take_the_same_queries_for_one_and_three(ops, wanted, partner, rival_partner, model):
    address = reverse(f"admin:dispatch_{model}_changelist")
    third = steps.technician(north_m=4_000)
    offers.open_next(wanted.pk)
    with CaptureQueriesContext(connection) as one:
        ops.get(address)
    for _other in (rival_partner, third):
        offers.open_next(factories.placed_booking().pk)
    with CaptureQueriesContext(connection) as three:
        ops.get(address)

    assert Offer.objects.count() == 3
    assert len(three) == len(one)
