"""One job: its next move, each button, the door to the customer's data, and what is left after the
job is lost.
"""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Notification
from mila.clock import mila_now
from mila.formats import moment
from partner.job_page import JobPage
from requests_app.actions import changes, signing, visit
from requests_app.models import Booking, BookingEvent, ContactAccess, Fault, Position, State
from requests_app.sweeps import handle_due_booking
from tests import cast
from tests.cast import CANARIES

HTMX = {"HX-Request": "true"}
SENT = ["confirm", "depart", "arrive", "start", "release", "fail", "cash", "note", "position"]
PAGES = ["job", "call", "finish", "sign", "rate", "thanks"]
FAIL = {"why": "no_line", "fault": "nobody"}
SAID = {"start": {"without": "1"}}  # what goes with the button
NOTE = {"key": "k" * 20, "phrase": "found"}


def url(booking, name="job"):
    return reverse(f"partner:{name}", args=[booking.uuid])


def seen(page):
    return [canary for canary in CANARIES if canary in page]


@pytest.fixture
def at(client, searching, partner):
    """Signed in, with the booking in the wanted state."""
    client.force_login(partner.user)

    def come(state):
        booking = cast.walk(searching, partner, state)
        if state == State.CONFIRMED:
            cast.nearly_time(booking)
        return booking

    return come


STEPS = [
    (State.CLAIMED, "call", False),
    (State.CALLED, "confirm", True),
    (State.CONFIRMED, "depart", True),
    (State.EN_ROUTE, "arrive", True),
    (State.ARRIVED, "start", True),
    (State.IN_PROGRESS, "finish", False),
    (State.FINISHED, "sign", False),
]


@pytest.mark.parametrize(("state", "name", "sends"), STEPS)
def test_the_dock_holds_the_next_move_and_its_clock(client, at, state, name, sends):
    booking = at(state)

    response = client.get(url(booking))

    dock = response.content.decode().partition('id="next"')[2].partition("</section>")[0]
    assert (f'action="{url(booking, name)}"' if sends else f'href="{url(booking, name)}"') in dock
    assert 'class="clock"' in dock
    assert dock.count("<button") + dock.count("<a ") == 1


@pytest.mark.parametrize(("state", "name"), [(s, n) for s, n, sends in STEPS if sends])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_each_move_by_its_button(client, at, state, name, headers):
    booking = at(state)

    response = client.post(url(booking, name), SAID.get(name), headers=headers)

    booking.refresh_from_db()
    assert booking.events.latest("sequence").move == name
    if headers:
        page = response.content.decode()
        assert 'id="job"' in page
        assert 'id="next"' in page
        assert "<html" not in page
    else:
        assert response.url == url(booking)


@pytest.mark.parametrize(("state", "name"), [(s, n) for s, n, sends in STEPS if sends])
def test_double_click_is_one_move(client, at, state, name):
    booking = at(state)

    answers = [client.post(url(booking, name), SAID.get(name)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert BookingEvent.objects.filter(booking=booking, move=name).count() == 1


@pytest.mark.parametrize("name", ["depart", "arrive", "start"])
def test_a_move_out_of_turn_is_refused_on_the_page(client, at, name):
    booking = at(State.CALLED)

    response = client.post(url(booking, name))

    booking.refresh_from_db()
    assert response.status_code == 409
    assert 'id="refused"' in response.content.decode()
    assert booking.state == State.CALLED


@pytest.mark.parametrize(
    ("name", "state"),
    [("release", State.IN_PROGRESS), ("fail", State.CALLED), ("note", State.CALLED)],
)
def test_a_form_of_a_page_left_open_is_refused_with_a_word(client, at, name, state):
    booking = at(state)

    response = client.post(url(booking, name), {})

    assert response.status_code == 422
    assert 'id="refused"' in response.content.decode()


def test_contact_card_leaves_a_trace(client, at, partner):
    booking = at(State.CLAIMED)

    page = client.get(url(booking)).content.decode()

    row = ContactAccess.objects.get(booking=booking)
    assert (row.user_id, row.reason) == (partner.user_id, "job page")
    assert 'href="tel:+33639980117"' in page
    assert 'href="geo:0,0?q=14%20rue' in page
    assert len(seen(page.replace("\N{NO-BREAK SPACE}", " "))) >= 5


def test_somebody_else_at_the_door_is_named(client, at):
    booking = at(State.CLAIMED)
    changes.set_access(booking.pk, door_code="B2", at_the_door="Luc Perrachon")

    assert "Luc Perrachon" in client.get(url(booking)).content.decode()


def test_open_page_is_left_alone_while_it_is_true(client, at):
    booking = at(State.CLAIMED)
    known = client.get(url(booking)).context["page"].seen

    assert client.get(url(booking), {"seen": known}, headers=HTMX).status_code == 204

    changes.set_access(booking.pk, door_code="B2", at_the_door="")
    fresh = client.get(url(booking), {"seen": known}, headers=HTMX)
    assert "B2" in fresh.content.decode()


def test_late_confirmation_says_that_others_are_asked(client, at, stopped_clock):
    booking = at(State.CALLED)
    stopped_clock(booking.due_at)
    handle_due_booking(booking.pk)

    page = client.get(url(booking))

    assert page.context["page"].step.promise.state == "over"
    assert url(booking, "confirm") in page.content.decode()


@pytest.mark.parametrize(
    ("span", "state"), [(timedelta(minutes=9), "near"), (timedelta(minutes=10), "kept")]
)
def test_ten_minutes_at_the_door_are_counted(client, at, stopped_clock, span, state):
    booking = at(State.ARRIVED)
    stopped_clock(booking.start_at + span)  # arrived before it

    assert client.get(url(booking)).context["page"].step.promise.state == state


@pytest.mark.parametrize(
    ("span", "status"), [(timedelta(minutes=10, seconds=-1), 409), (timedelta(minutes=10), 302)]
)
def test_nobody_home_is_paid_after_ten_minutes(client, at, stopped_clock, span, status):
    booking = at(State.ARRIVED)
    Booking.objects.update(claimed_at=booking.start_at - timedelta(days=20))
    stopped_clock(booking.start_at + span)  # arrived before it

    response = client.post(url(booking, "fail"), {"why": "nobody_home", "fault": "customer"})

    booking.refresh_from_db()
    assert response.status_code == status
    assert booking.state == (State.FAILED if status == 302 else State.ARRIVED)
    assert booking.fee_cents == (2500 if status == 302 else 0)


def test_failed_visit_keeps_reason_and_cause(client, at):
    booking = at(State.IN_PROGRESS)

    client.post(
        url(booking, "fail"), {"why": "other", "note": "Le mur est humide", "fault": "nobody"}
    )

    booking.refresh_from_db()
    assert booking.state == State.FAILED
    assert booking.end_fault == Fault.NOBODY
    assert "Le mur est humide" in booking.end_reason
    page = client.get(url(booking)).content.decode()
    assert seen(page) == []
    assert "Le mur est humide" in page


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"why": "other", "fault": "nobody"},
        {"why": "no_line", "fault": "brand"},
        {**FAIL, "note": "x" * 141},
    ],
)
def test_failed_visit_needs_reason_and_cause(client, at, data):
    booking = at(State.IN_PROGRESS)

    response = client.post(url(booking, "fail"), data)

    booking.refresh_from_db()
    assert response.status_code == 422
    assert booking.state == State.IN_PROGRESS


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_release_with_its_reason(client, at, headers):
    booking = at(State.CALLED)

    response = client.post(url(booking, "release"), {"reason": "Je suis malade"}, headers=headers)

    booking.refresh_from_db()
    assert booking.state == State.SEARCHING
    assert booking.events.latest("sequence").reason == "Je suis malade"
    assert (response.headers.get("HX-Redirect") or response.url) == reverse("partner:jobs")


def test_release_without_reason_or_too_late_changes_nothing(client, at):
    booking = at(State.CALLED)

    missing = client.post(url(booking, "release"), {"reason": " "})
    visit.confirm(booking.pk, booking.technician_id, by=booking.technician.user)
    cast.nearly_time(booking)
    visit.depart(booking.pk, booking.technician_id, by=booking.technician.user)
    late = client.post(url(booking, "release"), {"reason": "no"})

    booking.refresh_from_db()
    assert (missing.status_code, late.status_code) == (422, 409)
    assert booking.state == State.EN_ROUTE


def test_offered_cash_is_told_once(client, at):
    booking = at(State.IN_PROGRESS)

    for _ in range(2):
        client.post(url(booking, "cash"))

    assert Notification.objects.filter(subject_id=booking.uuid, kind="cash_ops").count() == 1


@pytest.mark.parametrize(
    ("state", "badge"),
    [
        (State.CONTESTED, "now"),
        (State.SIGNED_OFF, "done"),
        (State.SETTLED, "done"),
    ],
)
def test_what_is_over_asks_nothing_more(client, at, state, badge):
    booking = at(State.FINISHED if state == State.CONTESTED else State.SIGNED_OFF)
    if state == State.CONTESTED:
        signing.refuse(booking.pk, by=None, reason="no")
    if state == State.SETTLED:
        signing.settle(booking.pk)

    response = client.get(url(booking))

    page = response.context["page"]
    assert (page.badge[0], page.step.label, bool(page.step.note)) == (badge, "", True)


# --- Position
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", [("lat", "lon"), ("latitude", "longitude")])
@pytest.mark.parametrize("as_json", [True, False])
def test_position_is_kept_with_an_hour_of_arrival(
    client, at, spelling, as_json, django_capture_on_commit_callbacks
):
    booking = at(State.EN_ROUTE)
    data = dict(zip(spelling, (45.7485, 4.9500), strict=True))

    with django_capture_on_commit_callbacks():
        body = (
            {"data": json.dumps(data), "content_type": "application/json"}
            if as_json
            else {"data": data}
        )
        response = client.post(url(booking, "position"), **body)

    kept = Position.objects.get(booking=booking)
    assert response.status_code == 204
    assert (kept.lat, kept.lon) == (45.7485, 4.95)
    # 8 km as the crow flies, 10.4 by road: 15.6 minutes on an empty one, and it is 13:40
    assert timedelta(minutes=21) < kept.eta_at - mila_now() < timedelta(minutes=23)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"lat": "91", "lon": "4"},
        {"lat": "NaN", "lon": "4"},
        {"lat": "1e400", "lon": "4"},
        {"lat": "x", "lon": "4"},
    ],
)
def test_no_place_is_refused(client, at, data):
    booking = at(State.EN_ROUTE)

    assert client.post(url(booking, "position"), data).status_code == 422
    assert not Position.objects.exists()


@pytest.mark.parametrize("body", ["[]", "{", '{"lat": NaN}', '"x"'])
def test_position_that_is_no_json_object_is_unreadable(client, at, body):
    booking = at(State.EN_ROUTE)

    assert (
        client.post(url(booking, "position"), body, content_type="application/json").status_code
        == 400
    )


@pytest.mark.parametrize("state", [State.CONFIRMED, State.ARRIVED])
def test_nothing_is_kept_before_departure_or_after_arrival(client, at, state):
    booking = at(state)

    response = client.post(url(booking, "position"), {"lat": 45.7, "lon": 4.9})

    assert response.status_code == 409
    assert not Position.objects.exists()
    assert "data-position-url" not in client.get(url(booking)).content.decode()


def test_house_without_a_point_has_no_hour_of_arrival(client, at):
    booking = at(State.EN_ROUTE)
    booking.contact.lat = None
    booking.contact.save()

    client.post(url(booking, "position"), {"lat": 45.7, "lon": 4.9})

    assert Position.objects.get(booking=booking).eta_at is None


@pytest.mark.parametrize(
    ("state", "lead"),
    [
        (State.CONFIRMED, timedelta(hours=3)),
        (State.EN_ROUTE, timedelta(minutes=60)),
        (State.ARRIVED, timedelta(minutes=60)),
    ],
)
@pytest.mark.parametrize(("seconds", "there"), [(-1, False), (0, True)])
def test_the_button_is_there_from_its_hour_on_and_before_the_page_says_when(
    client, at, stopped_clock, state, lead, seconds, there
):
    booking = at(state)
    stopped_clock(booking.start_at - lead + timedelta(seconds=seconds))

    dock = (
        client.get(url(booking))
        .content.decode()
        .partition('id="next"')[2]
        .partition("</section>")[0]
    )

    assert ('id="move"' in dock) == there
    assert (f"{short_clock(booking.start_at - lead)}." in dock) != there


def short_clock(instant):
    """The hour as a French sentence says it: 11 h."""
    return moment(instant, "Europe/Paris").rpartition(" à ")[2]


def test_an_open_page_hears_that_the_hour_has_come(client, at, stopped_clock):
    booking = at(State.CONFIRMED)
    stopped_clock(booking.start_at - timedelta(hours=3, seconds=1))
    booking.refresh_from_db()
    seen = JobPage(booking, mila_now()).seen
    same = client.get(url(booking), {"seen": seen}, headers=HTMX)
    stopped_clock(booking.start_at - timedelta(hours=3))

    later = client.get(url(booking), {"seen": seen}, headers=HTMX)

    assert same.status_code == 204
    assert 'id="move"' in later.content.decode()


def test_three_days_early_is_refused_on_the_page_in_words(client, at, stopped_clock):
    booking = at(State.CONFIRMED)
    stopped_clock(booking.start_at - timedelta(days=3))

    response = client.post(url(booking, "depart"))

    booking.refresh_from_db()
    assert response.status_code == 409
    assert (
        short_clock(booking.start_at - timedelta(hours=3))
        in response.content.decode().partition('id="refused"')[2]
    )
    assert booking.state == State.CONFIRMED


# --- The visit code (rule L9b)


def test_the_customer_s_digits_begin_the_work(client, at):
    booking = at(State.ARRIVED)
    digits = cast.code_of(booking)

    response = client.post(url(booking, "start"), {"code": f" {digits[:2]} {digits[2:]} "})

    booking.refresh_from_db()
    assert (response.status_code, booking.state) == (302, State.IN_PROGRESS)
    assert booking.assignments.get().code_typed_at


@pytest.mark.parametrize("typed", ["", "12", "12345", "abcd", "١٢٣٤"])
def test_what_is_no_code_begins_nothing_and_uses_up_no_try(client, at, typed):
    booking = at(State.ARRIVED)

    response = client.post(url(booking, "start"), {"code": typed})

    booking.refresh_from_db()
    assert (response.status_code, booking.state, booking.assignments.get().code_tries) == (
        422,
        State.ARRIVED,
        0,
    )
    assert 'class="field-error"' in response.content.decode()


def test_a_wrong_code_is_said_and_kept_as_a_try(client, at):
    booking = at(State.ARRIVED)
    other = f"{(int(cast.code_of(booking)) + 1) % 10_000:04d}"

    answers = [client.post(url(booking, "start"), {"code": other}) for _ in range(6)]

    booking.refresh_from_db()
    # no try is left: begun without it
    assert [answer.status_code for answer in answers] == [422] * 5 + [302]
    assert (booking.state, booking.assignments.get().code_tries) == (State.IN_PROGRESS, 5)
    assert booking.assignments.get().code_typed_at is None


def test_the_code_may_follow_until_the_signature(client, at):
    booking = at(State.ARRIVED)
    client.post(url(booking, "start"), {"without": "1"})
    page = client.get(url(booking)).content.decode()

    response = client.post(url(booking, "code"), {"code": cast.code_of(booking)})

    assert f'action="{url(booking, "code")}"' in page
    assert response.status_code == 302
    assert booking.assignments.get().code_typed_at


@pytest.mark.parametrize(
    "state", [State.CONFIRMED, State.EN_ROUTE, State.ARRIVED, State.IN_PROGRESS]
)
def test_the_technician_never_reads_the_code(client, at, state):
    booking = at(state)
    booking.assignments.update(code="a-word-of-its-own")

    assert "a-word-of-its-own" not in client.get(url(booking)).content.decode()
