"""The photo with a customer's appeal: taken in without its place, seen by them and by staff alone,
gone with the booking or where the appeal was refused (rule L17, D8; fault A10, W4).
"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from PIL import Image

from accounts.models import User
from mila.clock import mila_now
from payments import appeals
from requests_app.actions import contesting, photographing, signing
from requests_app.actions.appealing import AppealTooLate
from requests_app.models import (
    BookingPhoto,
    ContactAccess,
    DecisionAppeal,
    PhotoSize,
    State,
    photo_storage,
)
from requests_app.sweeps import sweep_photos
from tests import cast, factories
from tests.pictures import NO_PICTURES, drawn, jpeg, redraw, upload, with_place, written
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
WORDS = "It does not work"


@pytest.fixture
def decided(booked, payee, staff, stopped_clock, files):
    stopped_clock(mila_now())
    work = cast.walk(booked, payee, State.FINISHED)
    signing.refuse(work.pk, by=None, reason="The screen is broken")
    return signing.decide(work.pk, service_cents=6900, by=staff, reason="It works now")


def form_of(booking):
    return reverse("customer:appeal", args=[booking.token])


def sent(client, booking, picture=None):
    return client.post(form_of(booking), {"words": WORDS, "photo": upload(picture or jpeg())})


def kept():
    return DecisionAppeal.objects.get().photo


def test_it_is_kept_without_the_place_and_shown_to_the_customer(client, decided):
    sent(client, decided, written(drawn(), exif=with_place()))

    photo = kept()
    assert (photo.booking, photo.rank, photo.delete_after_at) == (decided, None, None)
    with photo_storage().open(photo.path(PhotoSize.LARGE)) as file:
        data = file.read()
    assert b"CanaryPhone" not in data
    assert not Image.open(photo_storage().open(photo.path(PhotoSize.LARGE))).getexif()
    address = reverse("customer:photo", args=[decided.token, photo.key])
    page = client.get(reverse("customer:booking", args=[decided.token])).content.decode()
    assert address in page
    assert client.get(address)["content-type"] == "image/jpeg"


def test_no_technician_sees_it_whatever_they_know(client, decided, payee):
    sent(client, decided)
    address = reverse("partner:photo", args=[decided.uuid, kept().key])
    client.force_login(payee.user)

    assert client.get(address).status_code == 404
    assert client.get(reverse("partner:job", args=[decided.uuid])).status_code == 200


def test_the_link_of_another_booking_does_not_lead_to_it(client, decided):
    sent(client, decided)
    other = factories.placed_booking(customer=decided.customer)

    answer = client.get(reverse("customer:photo", args=[other.token, kept().key]))

    assert answer.status_code == 404


def test_staff_open_it_from_the_booking_and_the_look_is_noted(client, decided, staff):
    sent(client, decided)
    sign_in(client, staff)
    page = client.get(reverse("admin:requests_app_booking_change", args=[decided.pk]))
    address = reverse("admin:requests_app_booking_photo", args=[decided.pk, kept().key, "large"])

    assert address in page.content.decode()
    assert client.get(address)["content-type"] == "image/jpeg"
    looks = ContactAccess.objects.filter(booking=decided, user=staff)
    assert [look.reason for look in looks] == ["photo"]


def test_staff_without_the_right_to_contact_data_do_not(client, decided):
    sent(client, decided)
    helper = factories.UserFactory(is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_booking"))
    sign_in(client, User.objects.get(pk=helper.pk))

    address = reverse("admin:requests_app_booking_photo", args=[decided.pk, kept().key, "large"])

    assert client.get(address).status_code == 404
    assert not ContactAccess.objects.filter(user=helper).exists()


def test_sent_twice_it_is_the_first_photo_and_no_file_is_left(client, decided, files):
    sent(client, decided)
    first = kept()

    again = appeals.appeal(decided.pk, words="Once more", picture=redraw(jpeg("navy")), by=None)

    assert again.photo == first
    assert BookingPhoto.objects.get() == first
    assert len(files()) == len(PhotoSize)


@pytest.mark.parametrize("late", [True, False])
def test_refused_nothing_of_it_is_left(decided, late, stopped_clock, staff, files):
    decision = contesting.decision_of(decided)
    booking = decided if late else factories.placed_booking(customer=decided.customer)
    if late:
        stopped_clock(contesting.until_at(decided, decision) + timedelta(seconds=1))

    with pytest.raises((AppealTooLate, contesting.NoDecision)):
        appeals.appeal(booking.pk, words=WORDS, picture=redraw(jpeg()), by=None)

    assert not BookingPhoto.objects.exists()
    assert files() == set()
    assert not DecisionAppeal.objects.exists()


@pytest.mark.parametrize("form", ["svg", "cut short"])
def test_what_is_no_picture_is_said_and_the_words_stay(client, decided, form):
    answer = sent(client, decided, NO_PICTURES[form])

    assert answer.status_code == 422
    assert WORDS in answer.content.decode()
    assert not DecisionAppeal.objects.exists()


def test_no_room_for_it_is_said_and_nothing_is_sent(client, decided, monkeypatch):
    def full(_picture):
        raise photographing.NoRoomForPhotos

    monkeypatch.setattr(photographing, "_take_in", full)
    answer = sent(client, decided)

    assert answer.status_code == 503
    assert WORDS in answer.content.decode()
    assert not DecisionAppeal.objects.exists()


def test_as_large_as_a_phone_makes_it_is_taken(client, decided):
    sent(client, decided, jpeg() + bytes(4 * 1024 * 1024))

    assert kept() is not None


def test_without_one_it_is_an_appeal_all_the_same(client, decided):
    client.post(form_of(decided), {"words": WORDS})

    assert kept() is None


def test_erased_with_its_booking(client, decided):
    sent(client, decided)
    photo = kept()
    photographing.detach(photo)  # what erasing a person does to each photo of their bookings

    page = client.get(reverse("customer:booking", args=[decided.token])).content.decode()
    assert photo.key not in page
    sweep_photos()

    assert not BookingPhoto.objects.exists()
    assert DecisionAppeal.objects.get().photo is None
