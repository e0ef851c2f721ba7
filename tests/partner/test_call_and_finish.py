"""The call sheet and the end of the work: what is written, and what no price may be
(rule L1, L10, L12).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from mila.clock import mila_now
from partner.forms.jobs import MOST_CENTS, PriceField
from requests_app.actions import visit
from requests_app.lifecycle import IllegalMove, Role
from requests_app.models import CallAttempt, State
from tests import cast

HTMX = {"HX-Request": "true"}
DONE = {"done": "Canal changé\nBox déplacée", "explained": "on", "tidied": "on"}


def url(booking, name):
    return reverse(f"partner:{name}", args=[booking.uuid])


@pytest.fixture
def claimed(client, job, partner):
    client.force_login(partner.user)
    return job


@pytest.fixture
def working(client, searching, partner):
    client.force_login(partner.user)
    return cast.walk(searching, partner, State.IN_PROGRESS)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_call_that_reached_the_customer(client, claimed, headers):
    data = {
        "reached": "yes",
        "channel": "phone",
        "note": "Chambres au fond",
        "wants_other_time": "on",
    }

    response = client.post(url(claimed, "call"), data, headers=headers)

    claimed.refresh_from_db()
    call = CallAttempt.objects.get()
    assert claimed.state == State.CALLED
    assert (call.reached, call.channel, call.note, call.wants_other_time) == (
        True,
        "phone",
        "Chambres au fond",
        True,
    )
    assert (response.headers.get("HX-Redirect") or response.url) == url(claimed, "job")


def test_three_tries_in_two_ways_keep_the_promise(client, claimed, stopped_clock):
    for number, channel in enumerate(("phone", "text", "phone")):
        stopped_clock(claimed.claimed_at + timedelta(minutes=31 * number))
        client.post(url(claimed, "call"), {"reached": "no", "channel": channel})
        claimed.refresh_from_db()
        assert claimed.state == (State.CALLED if number == 2 else State.CLAIMED)
        assert client.get(url(claimed, "job")).context["page"].calls[-1].channel == channel


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    "data", [{}, {"reached": "perhaps"}, {"reached": "yes", "channel": "pigeon"}]
)
def test_call_without_its_outcome_is_asked_again(client, claimed, data, headers):
    response = client.post(url(claimed, "call"), data, headers=headers)

    claimed.refresh_from_db()
    assert response.status_code == 422
    assert claimed.state == State.CLAIMED
    assert not CallAttempt.objects.exists()


def test_call_sent_twice_is_one_move(client, claimed):
    for _ in range(2):
        client.post(url(claimed, "call"), {"reached": "yes", "channel": "phone"})

    assert claimed.events.filter(move="record_call").count() == 1
    assert client.get(url(claimed, "call")).url == url(claimed, "job")


def test_friend_may_ask_less_in_the_end(client, working):
    response = client.post(url(working, "finish"), {**DONE, "price": "65,50"})

    working.refresh_from_db()
    assert working.state == State.FINISHED
    assert working.quotes.latest("version").service_cents == 6550
    assert working.report == {
        "done": "Canal changé\nBox déplacée",
        "explained": True,
        "tidied": True,
    }
    assert response.url == url(working, "sign")


def test_more_than_was_agreed_is_refused_with_the_way_to_it(client, working):
    """The attack: the price rises as the work ends."""
    response = client.post(url(working, "finish"), {**DONE, "price": "75,50"})

    working.refresh_from_db()
    assert response.status_code == 422
    assert str(visit.NotAgreed()) in response.context["form"].non_field_errors()[0]
    assert (working.state, working.quotes.count()) == (State.IN_PROGRESS, 1)


def test_page_shows_what_was_booked_and_what_is_agreed(client, working, partner):
    cast.agree(working, partner, 8900)

    page = client.get(url(working, "finish"))

    assert (page.context["change"].before_cents, page.context["change"].after_cents) == (7190, 9190)
    assert page.context["form"]["price"].value() == "89.00"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_finish_sent_twice_is_one_version(client, working, headers):
    for _ in range(2):
        response = client.post(url(working, "finish"), {**DONE, "price": "65.50"}, headers=headers)

    assert (response.headers.get("HX-Redirect") or response.url) == url(working, "sign")
    assert working.quotes.count() == 2
    assert working.events.filter(move="finish").count() == 1


NONSENSE = [
    "",
    " ",
    "-1",
    "+5",
    "1e400",
    "1e2",
    "NaN",
    "Infinity",
    "٦٩",
    "６９",
    "69,5,0",
    "69.500",
    "1,2.3",
    "0x45",
    "69 €",
    "99999999999999999999",
    "100000",
    "10000,01",
    "12\n3",
    "½",
    "69;DROP",
    "<b>69</b>",
]


@pytest.mark.parametrize("price", NONSENSE)
def test_no_price_is_refused_and_nothing_written(client, working, price):
    response = client.post(url(working, "finish"), {**DONE, "price": price})

    working.refresh_from_db()
    assert response.status_code == 422
    assert working.state == State.IN_PROGRESS
    assert working.quotes.count() == 1


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("69", 6900), ("69,5", 6950), ("69.50", 6950), ("0", 0), ("0,01", 1),
        ("1 234,50", 123_450), ("1'234.5", 123_450),
        ("1\N{NARROW NO-BREAK SPACE}234", 123_400), ("10000", MOST_CENTS), (" 69 ", 6900),
    ],
)  # fmt: skip
def test_prices_as_people_write_them(text, cents):
    assert PriceField().clean(text) == cents


def test_price_may_be_left_out_where_nobody_asks_for_it():
    assert PriceField(required=False).clean("") is None


@pytest.mark.parametrize("missing", ["done", "explained", "tidied"])
def test_report_is_whole_or_the_work_is_not_done(client, working, missing):
    data = {**DONE, "price": "69", missing: ""}

    response = client.post(url(working, "finish"), data)

    working.refresh_from_db()
    assert response.status_code == 422
    assert working.state == State.IN_PROGRESS


def test_pro_has_no_price_field(client, searching, rival_partner):
    working = cast.walk(searching, rival_partner, State.IN_PROGRESS)
    client.force_login(rival_partner.user)
    form = client.get(url(working, "finish")).context["form"]

    client.post(url(working, "finish"), {**DONE, "price": "1", "package_1": "2"})

    assert "price" not in form.fields
    assert working.quotes.get().service_cents == 6900


def test_finish_before_the_work_began_is_refused(client, claimed):
    response = client.get(url(claimed, "finish"))

    assert response.status_code == 409
    assert 'id="refused"' in response.content.decode()


def test_work_that_ended_meanwhile_is_said_on_the_sheet(client, working, monkeypatch):
    """Ops end the visit between the look and the verb."""

    def refuses(*args, **kwargs):
        raise IllegalMove("finish", State.FAILED, Role.PARTNER)

    monkeypatch.setattr(visit, "finish", refuses)

    response = client.post(url(working, "finish"), {**DONE, "price": "69"})

    assert response.status_code == 422
    assert "69" in response.context["form"]["price"].value()


def test_call_sheet_counts_down(client, claimed):
    page = client.get(url(claimed, "call")).context["page"]

    assert page.step.promise.due_at == claimed.due_at > mila_now()
