"""The newcomer's desk: whoever reaches it may be anybody, in the demo and
nowhere else (rule H2).
"""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user
from django.urls import clear_url_caches, reverse

import embedded
from accounts import delivery
from accounts.models import Notification
from devstack import demo_world, launch
from devstack.desk import clock
from devstack.desk.views import CARDS
from devstack.instants import PARIS
from devstack.models import DemoWorld
from dispatch import offers
from embedded import folders
from mila.clock import mila_now
from payments.standin.cards import CARDS as OF_THE_STANDIN
from places.calendar import wall_time
from requests_app import notices
from requests_app.models import State
from simulation import factor
from tests.cast import walk
from tests.factories import placed_booking

pytestmark = [pytest.mark.django_db, pytest.mark.urls("devstack.urls")]


@pytest.fixture
def demo(settings, morning, monkeypatch, tmp_path):
    settings.DEMO = True
    monkeypatch.setattr(folders, "BASE", tmp_path)
    embedded.var(settings.INSTANCE).mkdir(parents=True)
    monkeypatch.setattr(launch, "send_sweeps", lambda: None)
    return DemoWorld.objects.create(began_at=morning, password="x", ops_password="y", complete=True)


@pytest.fixture
def mails(demo, settings):
    """Two mails, as the mail backend writes them."""
    folder = embedded.var(settings.INSTANCE) / "mail"
    folder.mkdir()
    settings.SITE_URL = "http://localhost:8000"
    for minute, subject in ((1, "Erste"), (2, "Deuxième")):
        (folder / f"{minute}.log").write_text(
            f"From: a@mila.example\nTo: client-1@mila.example\nSubject: {subject}\n"
            f"Date: Sat, 28 Nov 2026 04:0{minute}:00 -0000\nContent-Type: text/plain; "
            f"charset=utf-8\n\n"
            f"Voici : http://localhost:8000/b/abc/?x=1.\n<b>\n{'-' * 79}\n",
            encoding="utf-8",
        )


ADDRESSES = {
    "desk:desk": "get",
    "desk:asked": "get",
    "desk:code": "get",
    "desk:now": "get",
    "desk:mails": "get",
    "desk:sign_in": "post",
    "desk:clock": "post",
    "desk:again": "post",
}


def test_every_address_of_the_desk_is_here():
    from devstack.desk.urls import urlpatterns

    assert {f"desk:{one.name}" for one in urlpatterns} == set(ADDRESSES)


# --- Nowhere else


@pytest.mark.parametrize(("name", "method"), ADDRESSES.items())
def test_without_a_whole_demo_there_is_no_desk(client, settings, customer, name, method):
    settings.DEMO = True
    DemoWorld.objects.create(began_at=mila_now(), password="x", ops_password="y")
    before = mila_now()

    answer = getattr(client, method)(reverse(name), {"email": customer.email, "step": "hours"})

    assert answer.status_code == 404
    assert not get_user(client).is_authenticated
    assert mila_now() - before < timedelta(minutes=1)


@pytest.mark.parametrize(("name", "method"), ADDRESSES.items())
def test_where_the_settings_say_no_demo_there_is_no_desk(
    client, demo, settings, customer, name, method
):
    settings.DEMO = False

    answer = getattr(client, method)(reverse(name), {"email": customer.email, "step": "hours"})

    assert answer.status_code == 404
    assert not get_user(client).is_authenticated
    assert not demo_world.is_asked_to_begin_again()


@pytest.mark.urls("mila.urls")
@pytest.mark.parametrize("path", ["/_demo/", "/_demo/sign-in/"])
def test_the_site_s_own_addresses_have_no_desk(client, demo, path):
    clear_url_caches()

    assert client.get(path).status_code == 404


# --- Being somebody


def test_one_press_signs_in_and_leads_to_what_is_worth_trying(client, demo, customer):
    answer = client.post(reverse("desk:sign_in"), {"email": customer.email, "page": "/bookings/"})

    assert answer["Location"] == "/bookings/"
    assert get_user(client) == customer


def test_staff_are_led_to_their_second_factor_whose_code_the_desk_shows(client, demo, staff):
    factor.enrol(staff)

    page = client.get(reverse("desk:desk")).content.decode()
    answer = client.post(reverse("desk:sign_in"), {"email": staff.email, "page": "/admin/"})

    assert re.search(r"\b\d{6}\b", page)
    assert urlsplit(answer["Location"]).path == reverse("mfa_authenticate")
    assert not get_user(client).is_authenticated


def test_somebody_else_takes_the_place_of_the_last_one(client, demo, customer, stranger):
    client.force_login(stranger)

    client.post(reverse("desk:sign_in"), {"email": customer.email})

    assert get_user(client) == customer


def test_nobody_leads_away_from_the_site(client, demo, customer):
    answer = client.post(
        reverse("desk:sign_in"), {"email": customer.email, "page": "https://evil.example/"}
    )

    assert answer["Location"].startswith("/")


def test_person_that_does_not_exist_is_not_found(client, demo, customer):
    assert client.post(reverse("desk:sign_in"), {"email": "nobody@example.com"}).status_code == 404
    assert not get_user(client).is_authenticated


def test_desk_shows_who_is_asked_and_leads_to_the_offer(client, demo, searching, partner):
    offer = offers.open_next(searching.pk)

    page = client.get(reverse("desk:asked")).content.decode()

    assert partner.user.name in page
    assert reverse("partner:offer", args=[offer.pk]) in page


@pytest.mark.parametrize("state", [State.CLAIMED, State.CONFIRMED, State.EN_ROUTE, State.FINISHED])
def test_desk_shows_who_has_something_to_do(client, demo, searching, partner, state):
    booking = walk(searching, partner, until=state)

    page = client.get(reverse("desk:desk")).content.decode()

    assert (
        f"/bookings/{booking.uuid}/" in page or reverse("partner:job", args=[booking.uuid]) in page
    )


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_desk_speaks_the_reader_s_language(client, demo, staff, language):
    page = client.get(reverse("desk:desk"), headers={"Accept-Language": language}).content.decode()

    title = {"fr": "Le bureau", "de": "Der Schreibtisch", "it": "La scrivania", "en": "The desk"}[
        language
    ]
    assert f"<h1>{title}</h1>" in page


# --- The clock


@pytest.mark.parametrize(
    ("step", "ahead"),
    [
        ("minutes", timedelta(minutes=10)),
        ("hours", timedelta(hours=2)),
        ("morning", timedelta(hours=21, minutes=30)),
    ],
)
def test_clock_goes_ahead(client, demo, step, ahead):
    before = mila_now()

    client.post(reverse("desk:clock"), {"step": step})

    assert abs(mila_now() - before - ahead) < timedelta(minutes=1)


def test_clock_goes_to_the_next_promise(client, demo, searching, partner):
    offer = offers.open_next(searching.pk)

    client.post(reverse("desk:clock"), {"step": "promise"})

    assert timedelta() <= mila_now() - offer.expires_at < timedelta(minutes=1)


def test_clock_goes_to_shortly_before_the_next_visit(client, demo, searching, partner):
    booking = walk(searching, partner, until=State.CONFIRMED)

    client.post(reverse("desk:clock"), {"step": "visit"})

    assert (
        timedelta() <= mila_now() - (booking.start_at - clock.BEFORE_VISIT) < timedelta(minutes=1)
    )


@pytest.mark.parametrize("step", ["promise", "visit"])
def test_clock_stays_where_nothing_lies_ahead(client, demo, step):
    before = mila_now()

    client.post(reverse("desk:clock"), {"step": step})

    assert mila_now() - before < timedelta(minutes=1)


def test_step_that_is_none_is_not_found_and_moves_nothing(client, demo):
    before = mila_now()

    assert client.post(reverse("desk:clock"), {"step": "back"}).status_code == 404
    assert mila_now() - before < timedelta(minutes=1)


def test_sweeps_are_asked_for_at_once(client, demo, monkeypatch):
    sent = []
    monkeypatch.setattr(launch, "send_sweeps", lambda: sent.append("sweeps"))

    client.post(reverse("desk:clock"), {"step": "hours"})

    assert sent == ["sweeps"]


# --- Mails, cards, beginning again


def test_newest_mail_stands_on_top_with_links_into_this_site(client, mails):
    page = client.get(reverse("desk:mails")).content.decode()

    assert page.index("Deuxième") < page.index("Erste")
    assert '<a href="/b/abc/?x=1">' in page
    assert "&lt;b&gt;" in page


def test_mail_that_is_being_written_is_not_there_yet(client, mails, settings):
    (embedded.var(settings.INSTANCE) / "mail" / "3.log").write_text(
        "From: a@mila.example\nTo: client"
    )

    page = client.get(reverse("desk:mails"))

    assert page.status_code == 200
    assert "Deuxième" in page.content.decode()


def test_text_messages_are_read_with_their_links(client, demo, searching, settings):
    assert (
        "Aucun pour l’instant."
        in client.get(reverse("desk:desk"), headers={"accept-language": "fr"}).content.decode()
    )
    row = notices.queue(searching, "search_warning", round=1)
    delivery.deliver(row.pk)

    for name in ("desk:desk", "desk:mails"):
        page = client.get(reverse(name)).content.decode()
        assert "+33639980117" in page
        assert f'<a href="/b/{searching.token}/">' in page


def test_no_mail_yet_is_said(client, demo):
    page = client.get(reverse("desk:desk"), headers={"Accept-Language": "en"}).content.decode()

    assert "Nothing yet." in page


def test_a_card_that_ends_this_month_is_among_them(client, demo):
    cards = client.get(reverse("desk:desk"), headers={"Accept-Language": "en"}).context["cards"]

    number, words = cards[-1]
    assert number == "4242 4242 4242 4242"
    assert words == f"ends this month, with the date {wall_time(mila_now(), PARIS):%m/%y}"


def test_every_card_of_the_desk_is_known_to_the_stand_in():
    assert {number for number, _words in CARDS} <= {card.number for card in OF_THE_STANDIN}


def test_begin_again_leaves_the_wish_for_bin_run(client, demo):
    page = client.post(reverse("desk:again")).content.decode()

    assert demo_world.is_asked_to_begin_again()
    assert f'data-when-back="{reverse("desk:desk")}"' in page


# --- What newcomers stumbled over


def test_booking_that_is_open_to_all_names_the_best_placed(
    client, demo, customer, partner, rival_partner
):
    booking = placed_booking(customer=customer, wishes=[demo.began_at + timedelta(hours=4)])
    assert offers.open_next(booking.pk) is None
    told = Notification.objects.filter(kind="offer", subject_id=booking.uuid).order_by("pk")
    assert told.count() == 2

    page = client.get(reverse("desk:asked")).content.decode()

    assert told[0].user.name in page
    assert reverse("partner:offers") in page
    assert booking.number in page


def test_guest_is_followed_by_the_link_and_nobody_is_signed_in(client, demo, searching, stranger):
    searching.customer.set_unusable_password()
    searching.customer.save()
    client.force_login(stranger)
    link = reverse("customer:booking", args=[searching.token])
    assert f'value="{link}"' in client.get(reverse("desk:desk")).content.decode()

    answer = client.post(reverse("desk:sign_in"), {"page": link})

    assert answer.url == link
    assert not get_user(client).is_authenticated


def test_guest_begins_signed_out(client, demo, stranger):
    client.force_login(stranger)

    answer = client.post(reverse("desk:sign_in"))

    assert answer.url == reverse("customer:home")
    assert not get_user(client).is_authenticated


def test_pages_go_on_in_the_language_of_the_desk(client, demo, partner):
    client.cookies["django_language"] = "en"

    client.post(
        reverse("desk:sign_in"), {"email": partner.user.email, "page": reverse("partner:offers")}
    )

    assert 'lang="en"' in client.get(reverse("partner:offers")).content.decode()
    partner.user.refresh_from_db()
    assert partner.user.language == "en"


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ("http://testserver/book/wifi/card/", "/book/wifi/card/"),
        ("http://testserver/_demo/mails/", ""),
        ("https://elsewhere.example/book/", ""),
        ("", ""),
    ],
)
def test_desk_leads_back_to_where_one_came_from(client, demo, before, shown):
    page = client.get(
        reverse("desk:desk"), headers={"Referer": before, "Accept-Language": "en"}
    ).content.decode()

    found = re.findall(r'<a href="([^"]*)">Back to the page you came from', page)
    assert found == ([shown] if shown else [])


def test_code_of_a_page_that_stays_open_is_fetched_anew(client, demo, staff):
    factor.enrol(staff)

    assert client.get(reverse("desk:code")).content.decode() == factor.current_code(staff)


@pytest.mark.parametrize(
    "state", [None, State.CLAIMED, State.CONFIRMED, State.ARRIVED, State.FINISHED]
)
def test_both_sides_of_one_s_own_booking_are_found_at_every_hour(
    client, demo, searching, partner, state
):
    DemoWorld.objects.update(last_booking=searching.pk - 1)
    booking = walk(searching, partner, state) if state else searching

    page = client.get(reverse("desk:desk"), headers={"Accept-Language": "en"}).content.decode()

    own = page[page.index(f"Your booking {booking.number}") : page.index('id="asked-now"')]
    assert reverse("customer:booking_own", args=[booking.uuid]) in own
    assert (reverse("partner:job", args=[booking.uuid]) in own) == (state is not None)


def test_bookings_of_the_build_are_nobody_s_own(client, demo, searching):
    DemoWorld.objects.update(last_booking=searching.pk)

    page = client.get(reverse("desk:desk"), headers={"Accept-Language": "en"}).content.decode()

    assert "Your booking" not in page


def test_clock_of_a_page_that_stays_open_is_fetched_anew(client, demo):
    assert "10:0" in client.get(reverse("desk:now")).content.decode()
