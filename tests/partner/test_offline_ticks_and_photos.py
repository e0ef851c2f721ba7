"""Ticks and photos that waited on a phone arrive: once, each box for itself, and no photo is left
over (rule L7, L9, L12; fault M24).
"""

import json
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from catalogue.models import Checklist, ChecklistPart
from mila.clock import mila_now, set_clock
from requests_app.actions import checking, photographing
from requests_app.models import (
    BookingPhoto,
    ChecklistTick,
    Message,
    OfflineStep,
    State,
    photo_storage,
)
from requests_app.photos.intake import NotAPicture
from tests import factories, pictures
from tests.cast import MORNING, walk
from tests.partner.test_offline import KEY, at_work, own, press, send

__all__ = ["at_work", "own"]  # fixtures
PAGE_KEY = "p" * 32


@pytest.fixture
def tidy_up(db):
    return Checklist.objects.create(
        part=ChecklistPart.TIDY_UP,
        version=9,
        items="one\ntwo\nthree",
        starts_at=MORNING.replace(year=2020),
    )


def tap(tidy_up, tapped, item):
    return {"checklist": str(tidy_up.pk), "tapped": tapped, "item": item}


def ticked(booking):
    return checking.ticked(booking.assignments.get(ended_at=None))


def later_photo(client, booking, picture=None, *, key=KEY, text=""):
    """A photo as the phone sends it: its entry, and the file beside it."""
    entry = {
        "key": key,
        "step": "messages",
        "fields": {"key": PAGE_KEY, "text": text},
        "at": mila_now().isoformat(),
    }
    photo = SimpleUploadedFile("photo", picture or pictures.jpeg())
    return client.post(
        f"/partner/jobs/{booking.uuid}/later/", {"entry": json.dumps(entry), "photo": photo}
    )


@pytest.fixture
def files():
    """How many files of photos there are more than before."""

    def lying():
        there = photo_storage().exists("photos")
        return len(photo_storage().listdir("photos")[1]) if there else 0

    before = lying()
    return lambda: lying() - before


def test_tick_arrives_once(own, at_work, tidy_up):
    answers = [send(own, at_work, "tick", tap(tidy_up, "1", "1")).json() for _ in range(3)]

    assert answers == [{"done": True, "sentence": ""}] * 3
    assert ticked(at_work) == {tidy_up.pk: {1}}
    assert ChecklistTick.objects.count() == OfflineStep.objects.count() == 1


def test_repeat_of_an_old_tick_takes_nothing_back_that_was_done_since(own, at_work, tidy_up):
    send(own, at_work, "tick", tap(tidy_up, "1", "1"))
    send(own, at_work, "tick", tap(tidy_up, "1", ""), key="o" * 36)

    send(own, at_work, "tick", tap(tidy_up, "1", "1"))

    assert ticked(at_work) == {tidy_up.pk: set()}


def test_what_another_device_ticked_meanwhile_stays(own, at_work, tidy_up, partner):
    checking.keep_ticks(at_work.pk, partner.pk, checklist_id=tidy_up.pk, positions={0})

    send(own, at_work, "tick", tap(tidy_up, "2", "2"))
    send(own, at_work, "tick", tap(tidy_up, "1", "1,2"), key="o" * 36)

    assert ticked(at_work) == {tidy_up.pk: {0, 1, 2}}


def test_tick_whose_answer_was_lost_is_the_same_one_later(own, at_work, tidy_up):
    assert press(own, at_work, "tick", tap(tidy_up, "1", "1")).status_code == 302
    assert send(own, at_work, "tick", tap(tidy_up, "1", "1")).json()["done"] is True

    assert ChecklistTick.objects.count() == OfflineStep.objects.count() == 1


def test_tick_that_comes_too_late_is_refused_in_words(own, searching, partner, tidy_up):
    booking = walk(searching, partner, State.FINISHED)

    answer = send(own, booking, "tick", tap(tidy_up, "0", "0")).json()

    assert (answer["done"], bool(answer["sentence"])) == (False, True)
    assert not ChecklistTick.objects.exists()


def test_photo_arrives_once_and_is_drawn_anew(own, at_work, files):
    answers = [later_photo(own, at_work, text="The plug").json() for _ in range(3)]

    assert answers == [{"done": True, "sentence": ""}] * 3
    message = Message.objects.get()
    assert (message.text, message.photo.booking_id) == ("The plug", at_work.pk)
    assert BookingPhoto.objects.count() == OfflineStep.objects.count() == 1
    assert files() == 2  # one photo, in two sizes


def test_photo_whose_answer_was_lost_is_the_same_one_later(own, at_work, files):
    page = f"/partner/jobs/{at_work.uuid}/messages/"
    form = {"key": PAGE_KEY, "text": "", "photo": pictures.upload(pictures.jpeg())}
    assert own.post(page, form, headers={"Once": KEY}).status_code == 302

    assert later_photo(own, at_work).json()["done"] is True

    assert Message.objects.count() == BookingPhoto.objects.count() == 1
    assert files() == 2


def test_kept_page_writes_many(own, at_work):
    """Each message from the copy of one page: its hidden key is the same, what is said is not."""
    for number in range(2):
        fields = {"key": PAGE_KEY, "text": f"Message {number}"}
        send(own, at_work, "messages", fields, key=f"{number}" * 36)

    assert list(Message.objects.values_list("text", flat=True)) == ["Message 0", "Message 1"]


def test_what_is_no_picture_is_refused_and_leaves_nothing(own, at_work):
    answer = later_photo(own, at_work, b"no picture").json()

    assert answer["done"] is False
    assert answer["sentence"] == NotAPicture().sentence
    assert not Message.objects.exists()
    assert not BookingPhoto.objects.exists()


def test_photo_of_a_closed_thread_is_refused_and_leaves_no_file(own, at_work, files, monkeypatch):
    monkeypatch.setattr("requests_app.actions.messaging.is_open", lambda booking: False)

    answer = later_photo(own, at_work).json()

    assert (answer["done"], bool(answer["sentence"])) == (False, True)
    assert not Message.objects.exists()
    assert not BookingPhoto.objects.exists()
    assert files() == 0


def test_full_disk_leaves_the_photo_with_the_phone(own, at_work, monkeypatch):
    def full(picture):
        raise photographing.NoRoomForPhotos

    monkeypatch.setattr(photographing, "_take_in", full)

    assert later_photo(own, at_work).status_code == 503

    assert not Message.objects.exists()
    assert not OfflineStep.objects.exists()


@pytest.mark.parametrize("entry", ["", "{}", "[", '{"key": "k", "key": "k"}'])
def test_photo_without_its_entry_is_nonsense(own, at_work, entry):
    photo = SimpleUploadedFile("photo", pictures.jpeg())

    answer = own.post(f"/partner/jobs/{at_work.uuid}/later/", {"entry": entry, "photo": photo})

    assert answer.status_code == 400
    assert not Message.objects.exists()
    assert not BookingPhoto.objects.exists()


def test_stranger_s_photo_is_not_found(client, rival_partner, at_work):
    client.force_login(rival_partner.user)

    assert later_photo(client, at_work).status_code == 404

    assert not Message.objects.exists()
    assert not BookingPhoto.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_same_photo_from_two_devices_at_once_is_one(partner, customer, files):
    set_clock(MORNING)
    booking = walk(factories.placed_booking(customer=customer), partner, State.IN_PROGRESS)
    visitor = Client()
    visitor.force_login(partner.user)
    line, sent = threading.Barrier(4), []

    def device():
        mine = Client()
        mine.cookies = visitor.cookies
        line.wait()
        sent.append(later_photo(mine, booking).json())
        connection.close()

    devices = [threading.Thread(target=device) for _ in range(4)]
    for one in devices:
        one.start()
    for one in devices:
        one.join()

    assert sent == [{"done": True, "sentence": ""}] * 4
    assert Message.objects.count() == BookingPhoto.objects.count() == 1
    assert files() == 2
