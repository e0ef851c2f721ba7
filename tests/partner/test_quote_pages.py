"""The technician's pages of a proposed price, and the phone turned round (rule L10)."""

import pytest
from django.urls import reverse

from requests_app import price_versions
from requests_app.actions import answering
from requests_app.models import AcceptanceKind, State
from tests import cast, factories

HTMX = {"HX-Request": "true"}


def url(booking, name):
    return reverse(f"partner:{name}", args=[booking.uuid])


def own(booking):
    return reverse("customer:answer_price", args=[booking.token])


@pytest.fixture
def working(client, searching, partner):
    client.force_login(partner.user)
    return cast.walk(searching, partner, State.IN_PROGRESS)


def typed(client, booking, **more):
    form = client.get(url(booking, "propose")).context["form"]
    return {
        "key": form["key"].value(),
        "agreed_version": form["agreed_version"].value(),
        "reason": "Le câble est coupé",
        "price": "69",
        "more_minutes": "0",
        **more,
    }


def test_what_was_typed_is_proposed_and_shown_beside_what_is_agreed(client, working):
    data = typed(
        client, working, price="79,50", words_0="Câble neuf", amount_0="6", more_minutes="15"
    )

    answer = client.post(url(working, "propose"), data)

    quote = price_versions.proposal(working)
    assert answer.url == url(working, "job")
    assert (quote.service_cents, quote.duration_minutes, quote.reason) == (
        8550,
        75,
        "Le câble est coupé",
    )
    job = client.get(url(working, "job"))
    assert job.context["page"].change.after_cents == 8840
    assert url(working, "answer_price") in job.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"price": ""}, "price"),
        ({"price": "-1"}, "price"),
        ({"words_0": "Câble"}, "amount_0"),
        ({"amount_0": "5"}, "words_0"),
        ({"more_minutes": "-1"}, "more_minutes"),
        ({"more_minutes": "481"}, "more_minutes"),
        ({"key": "x"}, "key"),
        ({"agreed_version": "x"}, "agreed_version"),
    ],
)
def test_what_is_missing_is_said_and_nothing_proposed(client, working, change, field):
    answer = client.post(url(working, "propose"), {**typed(client, working, price="75"), **change})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert price_versions.proposal(working) is None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refusal_is_said_and_what_was_typed_is_kept(client, working, headers):
    answer = client.post(
        url(working, "propose"), typed(client, working, price="69"), headers=headers
    )

    assert answer.status_code == 422
    assert "Le câble est coupé" in answer.content.decode()
    assert not working.quotes.filter(version=2).exists()


def test_above_the_ceiling_the_phone_is_not_turned_round(client, working, partner):
    assert "103,50" in client.get(url(working, "propose")).content.decode()
    client.post(url(working, "propose"), typed(client, working, price="200"))
    quote = price_versions.proposal(working)

    job, page = client.get(url(working, "job")), client.get(url(working, "answer_price"))
    answer = press(client, working, quote, accept="1", typed="Odile Perrachon", number="1234")

    assert url(working, "answer_price") not in job.content.decode()
    assert page.context["needs_bank"]
    assert not page.context["may_accept"]
    assert answer.status_code == 409
    assert price_versions.agreed(working).service_cents == 6900


def test_edited_request_of_a_pro_proposes_no_price_of_its_own(client, searching, rival_partner):
    factories.PackageFactory()
    working = cast.walk(searching, rival_partner, State.IN_PROGRESS)
    client.force_login(rival_partner.user)
    data = typed(client, working, price="1", words_0="Mine", amount_0="30")

    answer = client.post(url(working, "propose"), data)

    assert answer.status_code == 422
    assert working.quotes.count() == 1


def test_before_the_call_there_is_no_page(client, job, partner):
    client.force_login(partner.user)

    assert client.get(url(job, "propose")).url == url(job, "job")


# --- The phone turned round


@pytest.fixture
def dearer(working, partner):
    return cast.propose(working, partner, 8900)


def press(client, booking, quote, **data):
    return client.post(url(booking, "answer_price"), {"version": quote.version, **data})


def test_page_speaks_the_customers_language_and_asks_for_the_number_first(client, working, dearer):
    page = client.get(url(working, "answer_price"))

    assert page.headers["Content-Language"] == "fr"
    assert (page.context["asks_number"], page.context["number_is_out"]) == (True, False)
    assert 'name="number"' not in page.content.decode()


def test_number_and_name_accept(client, working, dearer):
    sent = press(client, working, dearer, send="1")
    assert 'name="number"' in sent.content.decode()

    answer = press(
        client, working, dearer, number=f" {cast.number_of(working)} ", typed="Odile", accept="1"
    )

    assert answer.url == url(working, "job")
    assert price_versions.agreed(working).acceptance_kind == AcceptanceKind.NUMBER
    assert "La version 2 est acceptée" in client.get(url(working, "job")).content.decode()


@pytest.mark.parametrize("number", ["", "12", "wxyz", "١٢٣٤"])
def test_name_alone_accepts_nothing_that_rises(client, working, dearer, number):
    press(client, working, dearer, send="1")

    answer = press(client, working, dearer, number=number, typed="Odile", accept="1")

    assert answer.status_code == 422
    assert price_versions.agreed(working).version == 1


def test_declined_on_the_turned_phone(client, working, dearer):
    answer = press(client, working, dearer, decline="1")

    assert answer.url == url(working, "job")
    assert "est refusée" in client.get(url(working, "job")).content.decode()


def test_version_that_was_replaced_in_another_tab_is_not_accepted(client, working, partner, dearer):
    press(client, working, dearer, send="1")
    number = cast.number_of(working)
    cast.propose(working, partner, 10_000)

    answer = press(client, working, dearer, number=number, typed="Odile", accept="1")

    assert answer.status_code == 409
    assert price_versions.agreed(working).version == 1


def test_without_a_proposal_the_phone_is_not_turned(client, working):
    assert client.get(url(working, "answer_price")).url == url(working, "job")


# --- The customer's own page


def test_customer_reads_and_accepts_by_their_link(client, working, dearer):
    client.logout()
    booking_page = client.get(reverse("customer:booking", args=[working.token]))
    assert booking_page.context["page"].primary.url == own(working)
    page = client.get(own(working)).content.decode()
    assert "71,90" in page
    assert "91,90" in page
    assert price_versions.agreed(working).version == 1  # looking answers nothing

    client.post(own(working), {"version": dearer.version, "accept": "1"})

    agreed = price_versions.agreed(working)
    assert (agreed.version, agreed.acceptance_kind) == (2, AcceptanceKind.OWN_DEVICE)
    assert "91,90" in working.quote_events.last().words


def test_customer_declines_by_their_link(client, working, dearer):
    client.logout()

    client.post(own(working), {"version": dearer.version, "decline": "1"})

    assert price_versions.agreed(working).version == 1
    assert working.quotes.get(version=2).status == "declined"


@pytest.mark.parametrize("data",
    [{}, {"version": "2"}, {"accept": "1"}, {"accept": "1", "version": "1e9"},
                                  {"accept": "1", "version": "3"}])  # fmt: skip
def test_odd_answers_accept_nothing(client, working, dearer, data):
    client.logout()
    client.post(own(working), data)

    assert price_versions.agreed(working).version == 1


def test_replaced_proposal_is_read_once_more(client, working, partner, dearer):
    client.logout()
    cast.propose(working, partner, 10_000)

    answer = client.post(own(working), {"version": dearer.version, "accept": "1"})

    assert answer.status_code == 409
    assert answer.context["change"].after_cents == 10_290
    assert price_versions.agreed(working).version == 1


def test_open_page_asks_for_its_part_and_says_when_nothing_waits(client, working, dearer):
    client.logout()
    answering.decline(working.pk, version=dearer.version, by=None)

    part = client.get(own(working), headers=HTMX)

    assert "<html" not in part.content.decode()
    assert 'name="accept"' not in part.content.decode()
    assert client.get(own(working)).url == reverse("customer:booking", args=[working.token])
