"""Bookings in the back office: found, told, moved only by the verbs with a reason
(rule O1; fault T11, A11).
"""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from accounts.models import Notification
from backoffice import wording
from mila.clock import mila_now, move_clock
from places.calendar import wall_time
from requests_app.actions import signing
from requests_app.lifecycle import Role, advance
from requests_app.models import Booking, ContactAccess, State
from requests_app.moves import MOVES
from tests import factories
from tests.cast import next_wall, walk
from tests.requests_app.booking_states import booking_in
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
LIST = "admin:requests_app_booking_changelist"
SECRETS = ["Odile", "39980117", "rue de l’Exemple", "4180A", "presque rien", "odile@"]


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


def story(booking):
    return reverse("admin:requests_app_booking_change", args=[booking.pk])


def act(booking, name):
    return reverse("admin:requests_app_booking_act", args=[booking.pk, name])


def clerk(client, *codenames):
    """Staff without the superuser's rights."""
    user = factories.UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    sign_in(client, user)
    return user


def untouched(booking):
    """The row as it is in the table, and how many events it has."""
    return Booking.objects.filter(pk=booking.pk).values().get(), booking.events.count()


# --- The list
# --------------------------------------------------------------------------------------------------


def test_list_shows_what_a_call_needs(ops, job):
    page = ops.get(reverse(LIST)).content.decode()

    assert job.number in page
    assert "69007 Lyon" in page
    assert "Yanis Corvel" in page
    assert "odile@" not in page


@pytest.mark.parametrize("word", ["M000001", "odile@example.com", "Corvel", "69007", "Lyon"])
def test_booking_is_found(ops, job, word):
    other = factories.placed_booking(postcode="75001", city="Paris")
    word = job.number if word.startswith("M") else word

    page = ops.get(reverse(LIST), {"q": word}).content.decode()

    assert job.number in page
    assert other.number not in page


def test_number_nobody_has_finds_nothing(ops, job):
    assert job.number not in ops.get(reverse(LIST), {"q": "M999999"}).content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"state__exact": "claimed"}, True),
        ({"state__exact": "unfilled"}, False),
        ({"standing": "live"}, True),
        ({"standing": "placed"}, True),
        ({"clock": "running"}, True),
        ({"clock": "hour"}, False),
        ({"clock": "overdue"}, False),
        ({"unpaid": "yes"}, False),
        ({"country__exact": "CH"}, False),
    ],
)
def test_filters(ops, job, query, shown):
    assert (job.number in ops.get(reverse(LIST), query).content.decode()) == shown


def test_overdue_clock_is_found(ops, job):
    move_clock(job.due_at - job.claimed_at)

    assert job.number in ops.get(reverse(LIST), {"clock": "overdue"}).content.decode()


def test_list_takes_the_same_queries_for_one_and_three(ops, searching):
    with CaptureQueriesContext(
        connection,
    ) as one:
        ops.get(reverse(LIST))
    factories.placed_booking()
    factories.placed_booking()
    with CaptureQueriesContext(connection) as three:
        ops.get(reverse(LIST))

    assert len(three) == len(one)


# --- The story
# --------------------------------------------------------------------------------------------------


def test_story_tells_everything_but_the_contact(ops, searching, partner):
    booking = walk(searching, partner, State.SIGNED_OFF)
    page = ops.get(story(booking)).content.decode()

    for told in (
        "Appel au client fait",
        "Signée sur le téléphone du technicien",
        booking.sign_off.sha256,
        "Canal changé",
        "69007 Lyon",
    ):
        assert told in page
    assert "Trace" in page
    assert [secret for secret in SECRETS if secret in page] == []


def test_no_name_of_a_state_a_move_or_a_role_is_read_in_a_story(ops, searching, partner):
    booking = walk(searching, partner, State.SIGNED_OFF)

    chapters = ops.get(story(booking)).context["chapters"]

    said = " ".join(
        str(cell)
        for one in chapters
        if one.name in ("clocks", "events", "assignments")
        for row in one.rows
        for cell in row
    )
    read = re.split(r"[<>:]|, ", said)
    assert "Début du travail" in read
    assert [name for name in (*MOVES, *State, *Role) if name in read] == []


@pytest.mark.parametrize("state", State)
def test_every_state_s_filter_has_its_words_and_finds_its_own(state, ops, morning, partner):
    booking = booking_in(state, partner, morning)
    words = str(wording.STATES[state].label)

    page = ops.get(reverse(LIST), {"state__exact": state})
    other = ops.get(reverse(LIST), {"state__exact": "asleep"})

    choices = next(
        one for one in page.context["cl"].filter_specs if one.parameter_name == "state__exact"
    )
    assert (state.value, words) in [(value, str(said)) for value, said in choices.lookup_choices]
    assert list(page.context["cl"].queryset) == [booking]
    assert list(other.context["cl"].queryset) == []


@pytest.mark.parametrize("state", State)
def test_the_story_says_the_state_and_what_is_awaited(state, ops, morning, partner):
    booking = booking_in(state, partner, morning)

    page = ops.get(story(booking)).content.decode()

    assert escape(str(wording.STATES[state].label)) in page
    assert escape(str(wording.STATES[state].awaits)) in page


def test_story_of_a_bare_draft(ops, morning):
    draft = factories.DraftFactory(customer=None)
    draft.contact.delete()

    assert draft.number in ops.get(story(draft)).content.decode()


def test_story_of_nobody_leads_back(ops):
    assert ops.get(reverse("admin:requests_app_booking_change", args=["x"])).status_code == 302
    assert (
        ops.get(reverse("admin:requests_app_booking_act", args=["x", "cancel"])).status_code == 302
    )


@pytest.mark.parametrize("way", ["change", "add", "delete"])
def test_no_form_writes_a_booking(ops, job, way):
    before = untouched(job)
    args = [] if way == "add" else [job.pk]

    answer = ops.post(
        reverse(f"admin:requests_app_booking_{way}", args=args),
        {"state": "settled", "post": "yes", "service_cents": 1},
    )

    assert answer.status_code in (403, 405)
    assert untouched(job) == before


def test_bulk_deletion_is_not_offered(ops, job):
    ops.post(
        reverse(LIST), {"action": "delete_selected", "_selected_action": [job.pk], "post": "yes"}
    )

    assert Booking.objects.filter(pk=job.pk).exists()


# --- The acts
# --------------------------------------------------------------------------------------------------


def unfilled(searching, partner):
    return advance(searching.pk, "exhaust", role=Role.SYSTEM, by=None)


def contested(searching, partner):
    booking = walk(searching, partner, State.FINISHED)
    return signing.refuse(booking.pk, by=None, reason="Pas réparé")


def at(state):
    return lambda searching, partner: walk(searching, partner, state)


def wish():
    return {"day_1": next_wall(6).date().isoformat(), "hour_1": "15:30"}


def declared():
    return {"declared_at": f"{wall_time(mila_now(), 'Europe/Paris'):%Y-%m-%dT%H:%M}"}


ACTS = {
    "move": (at(State.CONFIRMED), wish, "move_kept", State.CALLED),
    "release": (at(State.CALLED), dict, "release", State.SEARCHING),
    "cancel": (at(State.CLAIMED), dict, "cancel", State.CANCELLED),
    "withdraw": (at(State.IN_PROGRESS), declared, "withdraw", State.CANCELLED),
    "fail": (at(State.ARRIVED), lambda: {"fault": "mila"}, "fail_visit", State.FAILED),
    "refuse": (at(State.FINISHED), dict, "refuse", State.CONTESTED),
    "decide": (contested, lambda: {"amount": "49,50"}, "decide", State.SIGNED_OFF),
    "decide-none": (contested, lambda: {"fault": "partner"}, "decide_none", State.FAILED),
}


@pytest.mark.parametrize("name", ACTS)
def test_act_calls_its_verb(ops, staff, searching, partner, name):
    reach, answers, move, target = ACTS[name]
    booking = reach(searching, partner)
    assert ops.get(act(booking, name)).status_code == 200

    answer = ops.post(act(booking, name), {"reason": "Le client a appelé", **answers()})

    event = booking.events.latest("sequence")
    booking.refresh_from_db()
    assert answer.status_code == 302
    assert (booking.state, event.move, event.role, event.by) == (target, move, Role.OPS, staff)
    assert event.reason == "Le client a appelé"
    assert "Le client a appelé" in LogEntry.objects.get(object_id=str(booking.pk)).change_message


@pytest.mark.parametrize("name", ACTS)
def test_act_wants_a_reason(ops, searching, partner, name):
    reach, answers, _move, _target = ACTS[name]
    booking = reach(searching, partner)
    before = untouched(booking)

    answer = ops.post(act(booking, name), {"reason": " ", **answers()})

    assert answer.status_code == 200
    assert 'id="id_reason_error"' in answer.content.decode()
    assert untouched(booking) == before


@pytest.mark.parametrize("name", ACTS)
def test_act_that_no_longer_fits_changes_nothing(ops, searching, partner, name):
    _reach, answers, _move, _target = ACTS[name]
    settled = signing.settle(walk(searching, partner, State.SIGNED_OFF).pk)
    before = untouched(settled)

    answer = ops.post(act(settled, name), {"reason": "x", **answers()}, follow=True)

    assert untouched(settled) == before
    assert len(answer.context["messages"]) == 1
    assert not LogEntry.objects.exists()


def test_decided_price_is_what_was_typed(ops, searching, partner):
    booking = contested(searching, partner)

    ops.post(act(booking, "decide"), {"reason": "Moitié faite", "amount": "34,50"})

    booking.refresh_from_db()
    assert booking.sign_off.service_cents == 3450


def test_refusal_is_shown_and_nothing_changed(ops, searching, partner):
    booking = walk(searching, partner, State.ARRIVED)
    before = untouched(booking)

    # ten minutes are not over
    answer = ops.post(act(booking, "fail"), {"reason": "Personne", "fault": "customer"})

    assert 'role="alert"' in answer.content.decode()
    assert untouched(booking) == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"day_2": "2026-12-01"}, {"hour_3": "10:00"}, {"day_1": ""}, {"hour_1": "23:30"}],
)
def test_half_a_wish_is_refused(ops, searching, wrong):
    before = untouched(searching)

    answer = ops.post(act(searching, "move"), {"reason": "x", **wish(), **wrong})

    assert answer.status_code == 200
    assert untouched(searching) == before


def test_start_that_cannot_be_booked_is_refused_by_the_verb(ops, searching):
    answer = ops.post(
        act(searching, "move"), {"reason": "x", "day_1": "2026-12-25", "hour_1": "10:00"}
    )

    assert 'role="alert"' in answer.content.decode()
    assert searching.wishes.count() == 1


def test_only_possible_acts_are_offered(ops, searching):
    page = ops.get(story(searching)).content.decode()

    assert act(searching, "cancel") in page
    assert act(searching, "decide") not in page
    assert ops.get(act(searching, "nonsense")).status_code == 404


# --- Contact data
# ------------------------------------------------------------------------------------------------


def test_contact_is_shown_once_with_a_trace(ops, staff, job):
    assert not ContactAccess.objects.exists()

    page = ops.post(act(job, "contact"), {"reason": "Rappel du client"}).content.decode()
    again = ops.get(story(job)).content.decode()

    look = ContactAccess.objects.get()
    assert (look.booking, look.user, look.partner, look.reason) == (
        job,
        staff,
        None,
        "Rappel du client",
    )
    assert "14 rue de l’Exemple" in page
    assert "06 39 98 01 17".replace(" ", "\N{NO-BREAK SPACE}") in page
    assert "14 rue de l’Exemple" not in again
    assert "Rappel du client" in again


@pytest.mark.parametrize("reason", ["", "x" * 41])
def test_contact_wants_a_short_reason(ops, job, reason):
    page = ops.post(act(job, "contact"), {"reason": reason}).content.decode()

    assert "rue de l’Exemple" not in page
    assert not ContactAccess.objects.exists()


def test_notes_of_calls_are_masked_too(ops, searching, partner):
    booking = walk(searching, partner, State.CALLED)
    call = booking.assignments.get().calls.get()
    call.note = "Digicode 7788"
    call.save()

    assert "7788" not in ops.get(story(booking)).content.decode()
    assert "7788" in ops.post(act(booking, "contact"), {"reason": "Rappel"}).content.decode()


# --- Who may
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["customer", "partner", "stranger"])
def test_others_are_sent_away(client, request, job, who):
    person = request.getfixturevalue(who)
    sign_in(client, getattr(person, "user", person))
    before = untouched(job)

    for address in (reverse(LIST), story(job), act(job, "cancel")):
        assert client.get(address).status_code == 302
        assert client.post(address, {"reason": "x"}).status_code == 302
    assert untouched(job) == before


def test_staff_without_the_right_to_change_only_look(client, job):
    clerk(client, "view_booking")
    before = untouched(job)

    assert act(job, "cancel") not in client.get(story(job)).content.decode()
    assert client.post(act(job, "cancel"), {"reason": "x"}).status_code == 403
    assert client.post(act(job, "contact"), {"reason": "x"}).status_code == 403
    assert untouched(job) == before
    assert not ContactAccess.objects.exists()


def test_staff_without_the_right_to_look_see_nothing(client, job):
    clerk(client)

    assert client.get(reverse(LIST)).status_code == 403
    assert client.get(story(job)).status_code == 403


def test_decision_is_made_once(ops, searching, partner):
    """A decision that came meanwhile is not made again."""
    booking = contested(searching, partner)
    signing.decide(
        booking.pk, service_cents=1000, by=factories.UserFactory(is_staff=True), reason="D'accord"
    )
    before = untouched(booking)

    ops.post(act(booking, "decide"), {"reason": "Encore", "amount": "60"})

    assert untouched(booking) == before
    assert Notification.objects.filter(kind="decided").count() == 1
