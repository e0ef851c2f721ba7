"""Name, street and phone of a customer are seen by whom they are meant for, while they are, and lie
nowhere else.

A canary in every private field, a booking walked through its states, everybody looking in each
(fault A2, A3, A17).
"""

import base64
import logging
import re
import zlib

import pytest
from celery import current_app
from django.core import mail
from django.core.cache import cache
from django.db import models
from django.http import HttpResponse, HttpResponseRedirect

from dispatch import offers
from mila import logs
from mila.redis import cache_redis
from mila.streams import publish
from partner import offer_cards
from requests_app import access
from requests_app.models import Booking, BookingContact, photo_storage
from tests.broker import broker_redis
from tests.cast import MORNING
from tests.leak_detection import cells, fields, stories
from tests.leak_detection.crawl import Seen, Visitor
from tests.leak_detection.telling import stored, tell
from tests.leak_detection.words import Canaries

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
STORIES = (stories.to_the_end, stories.called_off, stories.contested, stories.silent)
# of the longest story: where most is open to the one, and everything closed to the others
THOROUGH_AT = "in progress"


@pytest.fixture(autouse=True)
def commits(stopped_clock, django_capture_on_commit_callbacks):
    stopped_clock(MORNING)
    yield django_capture_on_commit_callbacks
    for client in (cache_redis(), broker_redis()):
        client.flushdb()
    for name in photo_storage().listdir("photos")[1] if photo_storage().exists("photos") else ():
        photo_storage().delete(f"photos/{name}")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_each_sees_what_is_theirs_and_nothing_else(story, commits):
    told = tell(story, commits, everywhere=THOROUGH_AT)

    wrong = []
    for stage, shown in told.shown.items():
        for who, seen in shown.items():
            allowed = cells.expected(who, stage)
            wrong += [
                f"{stage}: {who} sees {name} at {where}"
                for name, where in seen.items()
                if name not in allowed
            ]
            wrong += [f"{stage}: {who} does not see {name}" for name in allowed - seen.keys()]
    assert wrong == []
    allowed = {place: names for place, (names, _why) in cells.LYING.items()}
    lying = {place: names - allowed.get(place, set()) for place, names in told.lying.items()}
    assert {place: names for place, names in lying.items() if names} == {}
    assert told.faults == []


def test_every_private_field_has_a_canary_that_lives(commits):
    planted, living = set(), set()
    for story in STORIES:
        found = stored(story, commits)
        planted |= found[0]
        living |= found[1]

    assert fields.faults(planted) == []
    assert planted - living == set()


def test_every_cell_is_of_somebody_and_of_a_stage_there_is():
    planted = {name for cell in cells.CELLS for name in cell.fields}

    assert all(set(cell.stages) <= set(cells.STAGES) for cell in cells.CELLS)
    assert all(cell.stages and cell.fields for cell in cells.CELLS)
    # nobody at all
    assert {"BookingContact.lat", "BookingContact.lon", "User.password"}.isdisjoint(planted)


# --- Would it be found?
# ------------------------------------------------------------------------------------------


def test_an_offer_that_shows_the_street_is_found(commits, monkeypatch):
    monkeypatch.setattr(
        offer_cards, "rounded_km", lambda metres: BookingContact.objects.get().street
    )

    def offered(w):
        w.draft()
        w.order()
        offers.open_next(w.booking.pk)
        yield "offered to the decliner"

    told = tell(offered, commits)

    assert "BookingContact.street" in told.shown["offered to the decliner"]["decliner"]


def test_a_guard_that_is_gone_is_found(commits, monkeypatch):
    monkeypatch.setattr(access, "may_see_contact", lambda booking, technician: True)

    def suspended(w):
        yield from (stage for stage in stories.called_off(w) if stage == "suspended")

    told = tell(suspended, commits)

    assert (
        told.shown["suspended"]["holder"].keys() - cells.expected("holder", "suspended")
        >= cells.CONTACT
    )


def test_a_word_in_every_other_place_is_found(commits):
    def careless(w):
        w.draft()
        street = w.booking.contact.street
        logging.getLogger("somebody.elses").debug("looking for %s", street)
        current_app.send_task("nobody.takes", kwargs={"street": street})
        cache.set("last", {"street": street})
        cache_redis().publish(f"{publish.PREFIX}booking:1", street)
        mail.send_mail("A job", street, None, ["yanis@example.com"])
        Booking.objects.update(end_reason=street)
        yield "draft"

    told = tell(careless, commits)

    found = {place for place, names in told.lying.items() if "BookingContact.street" in names}
    assert found == {
        "log of somebody.elses",
        "job nobody.takes",
        "Redis cache",
        "Redis broker",
        "live message",
        "mail to yanis@example.com",
        "requests_app_booking.end_reason",
    }


def test_a_key_that_a_log_would_keep_is_found(commits, monkeypatch):
    monkeypatch.setattr(logs, "KEY", re.compile("(?!)"))  # hides nothing

    def refused(w):
        w.draft()
        w.buyer.get(w.page("customer:draft_photos"))  # takes only POST
        yield "draft"

    assert "Booking.token" in tell(refused, commits).lying["log of django.request"]


def test_a_new_field_without_a_canary_is_a_fault(monkeypatch):
    planted = {
        name.partition(".")[2] for name, _field in fields.speaking() if not fields.excused(name)
    }
    assert fields.faults(planted) == []
    field = models.CharField(max_length=9, name="nickname")

    monkeypatch.setattr(
        fields,
        "speaking",
        lambda real=fields.speaking: [*real(), ("accounts.User.nickname", field)],
    )

    assert fields.faults(planted) == ["accounts.User.nickname: no canary"]


# --- However it is dressed
# ---------------------------------------------------------------------------------------

WORD = "Zqx7street"
PACKED = (
    base64.urlsafe_b64encode(zlib.compress(b'{"street": "14 rue Zqx7street, Lyon 7e"}'))
    .decode()
    .rstrip("=")
)
DRESSED = {
    "as it is": WORD,
    "in capitals": WORD.upper(),
    "in an address": "q=14%20rue%20Zqx7%73treet",
    "in entities": "14 rue Zqx7&#115;treet",
    "in base64": base64.b64encode(b'{"street": "14 rue Zqx7street"}').decode(),
    "in a message in a message": base64.b64encode(f'["{PACKED}"]'.encode()).decode(),
    "in a cookie": f"messages=.{PACKED}:1vNabc:-8hsd7f6asd7f6",
}


@pytest.mark.parametrize("how", DRESSED)
def test_it_is_found_in_any_dress(how):
    canaries = Canaries()
    canaries.plant("street", WORD)

    assert canaries.in_text(f"<p>before {DRESSED[how]} after</p>") == {"street"}
    assert (
        canaries.in_text("<p>14 rue de la Rue, zqx7, street</p>".replace(", ", "; rue ")) == set()
    )


@pytest.mark.parametrize(
    "phone",
    ["+33639987101", "06 39 98 71 01", "06\u00a039\u00a098\u00a071\u00a001", "06.39.98.71.01"],
)
def test_a_number_is_found_as_people_write_it(phone):
    canaries = Canaries()
    canaries.plant("phone", "639987101")

    assert canaries.in_text(f"Tel. {phone}, please") == {"phone"}


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(headers={"HX-Trigger": f'{{"said": "{WORD}"}}'}),
        HttpResponseRedirect(f"/somewhere/?street={WORD}"),
        HttpResponse(f'<a href="/map/?q={WORD}">map</a>'),
    ],
    ids=["header", "redirect", "link"],
)
def test_headers_and_addresses_are_read(answer):
    visitor, seen = Visitor(Canaries(), None), Seen()
    visitor.canaries.plant("street", WORD)

    visitor.judge(answer, "/asked/", seen)

    assert seen.fields.keys() == {"street"}
    assert "/asked/: tells the next site where its reader comes from" in seen.faults
    assert ("/asked/: street in an address" in seen.faults) is not answer.has_header("HX-Trigger")
