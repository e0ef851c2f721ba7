"""The signature on both devices, the stars, and the phone going back to its owner
(rule L12-L14, fault M24).
"""

import json

import pytest
from django.urls import reverse

from accounts.models import Technician
from customer.forms.signing import MOST_POINTS
from requests_app.actions import reviewing, undoing, visit
from requests_app.models import Rating, SignOff, SignOffKind, State
from tests import cast, factories

STROKES = json.dumps(
    {"width": 347, "height": 198, "strokes": [[[30, 80], [36.04, 60]], [[40, 70]]]}
)
STARS = {"quality": 5, "punctuality": 4, "friendliness": 5, "comment": "Merci"}


def url(booking, name="sign"):
    return reverse(f"partner:{name}", args=[booking.uuid])


def own(booking):
    return reverse("customer:sign", args=[booking.token])


@pytest.fixture
def finished(client, searching, partner):
    client.force_login(partner.user)
    return cast.walk(searching, partner, State.FINISHED)


@pytest.fixture
def dearer(client, searching, partner):
    """Agreed above the booked price, before the work."""
    client.force_login(partner.user)
    booking = cast.walk(searching, partner, State.IN_PROGRESS)
    cast.agree(booking, partner, 8900)
    return visit.finish(booking.pk, partner.pk, by=partner.user, report={"done": "Tout"})


def fields(client, address, **more):
    form = client.get(address).context["form"]
    return {"key": form["key"].value(), "quote_version": form["quote_version"].value(), **more}


def test_page_speaks_the_customers_language(client, finished, partner):
    finished.language = "de"
    finished.save()

    response = client.get(url(finished))

    page = response.content.decode()
    assert response.headers["Content-Language"] == "de"
    assert '<html lang="de">' in page
    assert "71,90\N{NO-BREAK SPACE}€" in page
    assert "Odile Perrachon" in page


@pytest.mark.parametrize("device", [url, own])
def test_what_is_shown_is_what_is_frozen(client, finished, device):
    response = client.get(device(finished))

    client.post(device(finished), fields(client, device(finished), typed="Odile P."))

    assert response.context["statement"] == SignOff.objects.get().text.splitlines()


@pytest.mark.parametrize(
    ("device", "kind"), [(url, SignOffKind.SCREEN), (own, SignOffKind.OWN_DEVICE)]
)
def test_drawn_signature(client, finished, device, kind):
    response = client.post(device(finished), fields(client, device(finished), strokes=STROKES))

    signed = SignOff.objects.get()
    finished.refresh_from_db()
    assert finished.state == State.SIGNED_OFF
    assert (signed.kind, signed.signer, signed.charge_cents) == (kind, "Odile Perrachon", 7190)
    assert json.loads(signed.signature)["strokes"] == [[[30.0, 80.0], [36.0, 60.0]], [[40.0, 70.0]]]
    there = (
        url(finished, "rate")
        if device is url
        else reverse("customer:booking", args=[finished.token])
    )
    assert response.url == there


def test_typed_name_is_enough(client, finished):
    client.post(url(finished), fields(client, url(finished), typed="Luc  Perrachon"))

    signed = SignOff.objects.get()
    assert (signed.signer, signed.signature) == ("Luc Perrachon", "Luc Perrachon")


def test_whoever_opens_the_door_is_named(client, searching, partner):
    booking = cast.claimed(searching, partner)
    booking.contact.at_the_door = "Luc Perrachon"
    booking.contact.save()
    visit.record_call(booking.pk, partner.pk, by=partner.user, channel="phone", reached=True)
    cast.nearly_time(booking)
    for verb in (visit.confirm, visit.depart, visit.arrive, visit.start):
        verb(booking.pk, partner.pk, by=partner.user)
    booking = visit.finish(booking.pk, partner.pk, by=partner.user, report={"done": "x"})
    client.force_login(partner.user)

    client.post(url(booking), fields(client, url(booking), strokes=STROKES))

    assert SignOff.objects.get().signer == "Luc Perrachon"


@pytest.mark.parametrize("device", [url, own])
def test_the_same_page_sent_twice_is_one_signature(client, finished, device):
    data = fields(client, device(finished), typed="Odile")

    answers = [client.post(device(finished), data).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert SignOff.objects.count() == 1
    assert finished.events.filter(move="sign_off").count() == 1


def test_signed_on_both_devices_counts_once(client, finished):
    here, there = (fields(client, device(finished), typed="Odile") for device in (url, own))

    client.post(url(finished), here)
    client.post(own(finished), there)

    assert SignOff.objects.get().kind == SignOffKind.SCREEN


def test_key_of_another_booking_stands_in_nobodys_way(client, finished, partner):
    data = fields(client, url(finished), typed="Odile")
    client.post(url(finished), data)
    other = cast.walk(
        factories.placed_booking(wishes=[factories.service_day_at(9, days=8)]),
        partner,
        State.FINISHED,
    )

    client.post(url(other), {**data, "typed": "Luc"})

    assert SignOff.objects.count() == 2


@pytest.mark.parametrize("device", [url, own])
@pytest.mark.parametrize(
    "strokes",
    [
        "", "[]", "{", "null", "1", '"x"', '{"width":1}', '{"width":1,"height":1,"strokes":[]}',
        '{"width":1,"height":1,"strokes":[[[1,1]]]}',
        '{"width":1,"height":1,"strokes":[[[1,NaN],[1,2]]]}',
        '{"width":1,"height":1,"strokes":[[[1,1e400],[1,2]]]}',
        '{"width":1,"height":1,"strokes":[[[1],[1,2]]]}',
        '{"width":true,"height":1,"strokes":[[[1,1],[1,2]]]}',
        '{"width":1,"height":1,"strokes":[[["1",1],[1,2]]]}',
        '{"width":1,"height":1,"strokes":' + "[" * 5000 + "]" * 5000 + "}",
        '{"width":' + "9" * 400 + ',"height":1,"strokes":[[[1,1],[2,2]]]}',
        json.dumps({"width": 1, "height": 1, "strokes": [[[1, 1]] * (MOST_POINTS + 1)]}),
    ],
)  # fmt: skip
def test_what_is_no_signature_charges_nothing(client, finished, device, strokes):
    response = client.post(device(finished), fields(client, device(finished), strokes=strokes))

    finished.refresh_from_db()
    assert response.status_code == 422
    assert finished.state == State.FINISHED
    assert not SignOff.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"key": ""}, {"key": "x"}, {"key": "a" * 45}, {"key": "<b>" * 8}, {"quote_version": "x"}],
)
def test_form_that_is_not_ours_is_refused(client, finished, change):
    response = client.post(
        url(finished), {**fields(client, url(finished), typed="Odile"), **change}
    )

    assert response.status_code == 422
    assert not SignOff.objects.exists()


def test_price_that_changed_is_read_once_more(client, finished, partner):
    data = fields(client, url(finished), typed="Odile")
    undoing.take_back(finished.pk, partner.pk, by=partner.user, step="finish")
    visit.finish(finished.pk, partner.pk, by=partner.user, report={"done": "x"}, service_cents=6500)

    refused = client.post(url(finished), data)
    form = refused.context["form"]

    assert refused.status_code == 409
    assert form["quote_version"].value() == 2
    assert form["key"].value() != data["key"]
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("page", [url, own])
def test_page_to_sign_shows_booked_and_agreed(client, dearer, page):
    looked = client.get(page(dearer))

    change = looked.context["change"]
    assert (change.before_cents, change.after_cents) == (7190, 9190)
    assert [(line.before_cents, line.after_cents) for line in change.lines] == [(6900, 8900)]

    client.post(page(dearer), fields(client, page(dearer), typed="Odile"))
    assert SignOff.objects.get().charge_cents == 9190


def test_page_to_sign_shows_both_also_where_nothing_changed(client, finished):
    change = client.get(url(finished)).context["change"]

    assert (change.before_cents, change.after_cents, change.is_none) == (7190, 7190, True)


def test_signed_in_customer_signs_in_their_own_name(client, finished, customer):
    client.force_login(customer)

    client.post(own(finished), fields(client, own(finished), typed="Odile"))

    assert finished.events.latest("sequence").by == customer


def test_link_alone_signs_without_a_name(client, finished):
    client.logout()

    response = client.get(own(finished))
    client.post(own(finished), fields(client, own(finished), typed="Odile"))

    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert finished.events.latest("sequence").by is None


@pytest.mark.parametrize("state", [State.CLAIMED, State.SIGNED_OFF])
def test_nothing_to_sign(client, searching, partner, state):
    client.force_login(partner.user)
    booking = cast.walk(searching, partner, state)

    assert client.get(own(booking)).url == reverse("customer:booking", args=[booking.token])
    assert client.get(url(booking)).url == url(
        booking, "rate" if state == State.SIGNED_OFF else "job"
    )


def test_unknown_link_is_not_found(client, db):
    assert client.get("/b/" + "x" * 43 + "/sign/").status_code == 404


def test_suspended_partner_still_lets_sign_without_seeing_the_name(client, finished, partner):
    partner.partner.suspended_at, partner.partner.suspension_reason = finished.finished_at, "Papers"
    partner.partner.save()

    page = client.get(url(finished)).content.decode()
    response = client.post(url(finished), fields(client, url(finished), strokes=STROKES))

    assert "Odile Perrachon" not in page
    assert response.status_code == 422  # nobody's name: it has to be typed


def test_stars_before_they_leave(client, finished, partner):
    cast.sign(finished)

    page = client.get(url(finished, "rate"))
    response = client.post(url(finished, "rate"), STARS)

    rating = Rating.objects.get()
    assert page.headers["Content-Language"] == finished.language
    assert (rating.quality, rating.punctuality, rating.friendliness, rating.comment) == (
        5,
        4,
        5,
        "Merci",
    )
    assert response.url == url(finished, "thanks")
    assert Technician.objects.get(pk=partner.pk).star_count == 1


def test_stars_are_given_once(client, finished):
    cast.sign(finished)
    client.post(url(finished, "rate"), STARS)

    response = client.post(url(finished, "rate"), {**STARS, "quality": 1})

    assert response.url == url(finished, "thanks")
    assert Rating.objects.get().quality == 5


@pytest.mark.parametrize(
    "change", [{"quality": ""}, {"quality": 6}, {"punctuality": 0}, {"friendliness": "x"}]
)
def test_stars_that_are_none_are_asked_again(client, finished, change):
    cast.sign(finished)

    assert client.post(url(finished, "rate"), {**STARS, **change}).status_code == 422
    assert not Rating.objects.exists()


def test_no_stars_before_the_work_is_done(client, searching, partner):
    client.force_login(partner.user)
    booking = cast.walk(searching, partner, State.IN_PROGRESS)

    assert client.get(url(booking, "rate")).url == url(booking, "thanks")


@pytest.mark.parametrize("signed", [True, False])
def test_thanks_hand_the_phone_back(client, finished, signed):
    if signed:
        cast.sign(finished)

    response = client.get(url(finished, "thanks"))

    assert response.context["signed"] is signed
    assert f'<p lang="{finished.language}">' in response.content.decode()


def test_refused_rating_is_said_on_the_page(client, finished, monkeypatch):
    """The job moves on between the look and the verb."""
    cast.sign(finished)
    whole = reviewing.rate

    def refuses(*args, **kwargs):
        whole(*args, **{**kwargs, "quality": 9})

    monkeypatch.setattr(reviewing, "rate", refuses)

    assert client.post(url(finished, "rate"), STARS).status_code == 422
