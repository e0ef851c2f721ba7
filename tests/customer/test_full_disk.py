"""A disk that is full while photos arrive: 503 in words, the form kept, nothing left behind
(fault F5).
"""

import errno

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.urls import reverse

from requests_app.actions import photographing
from requests_app.models import BookingPhoto
from requests_app.photos.decoder import Redrawn
from tests import factories, pictures

TYPED = {
    "name": "Odile Perrachon",
    "email": "odile@example.com",
    "phone": "+33639980042",
    "problem": "La box clignote",
}


@pytest.fixture
def draft(morning, files, customer):
    return factories.DraftFactory(customer=customer)


@pytest.fixture
def disk(monkeypatch):
    """What writing to the store of photos raises."""

    def full(number):
        def save(*args, **kwargs):
            raise OSError(number, "No space left on device")

        monkeypatch.setattr(type(photographing.photo_storage()), "save", save)

    return full


def picture():
    return SimpleUploadedFile("box.jpg", pictures.jpeg(), content_type="image/jpeg")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_page_says_so_and_keeps_what_was_typed(client, draft, disk, number):
    disk(number)

    answer = client.post(
        reverse("customer:draft_who", args=[draft.token]), {**TYPED, "photos": [picture()]}
    )

    page = answer.content.decode()
    assert answer.status_code == 503
    assert "La box clignote" in page
    assert "Odile Perrachon" in page
    assert "Nous ne pouvons pas enregistrer de photos pour le moment." in page
    assert not BookingPhoto.objects.exists()


def test_script_gets_a_message_and_the_page_stays(client, draft, disk):
    disk(errno.ENOSPC)

    answer = client.post(
        reverse("customer:draft_photos", args=[draft.token]),
        {"photos": [picture()]},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 503
    assert answer["HX-Reswap"] == "none"
    assert "Nous ne pouvons pas enregistrer de photos" in answer.content.decode()
    assert not BookingPhoto.objects.exists()


def test_file_that_finds_no_room_on_its_way_in_is_left_out_and_the_rest_read(
    client, draft, monkeypatch, settings
):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0  # everything goes through the disk

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)

    answer = client.post(
        reverse("customer:draft_who", args=[draft.token]), {"photos": [picture()], **TYPED}
    )

    assert answer.status_code == 503
    assert "La box clignote" in answer.content.decode()
    assert not BookingPhoto.objects.exists()


def test_once_there_is_room_the_same_form_goes_through(client, draft):
    client.post(reverse("customer:draft_who", args=[draft.token]), {**TYPED, "photos": [picture()]})

    assert draft.photos.count() == 1


def test_another_mistake_of_the_disk_stays_a_mistake(draft, disk):
    disk(errno.EACCES)

    with pytest.raises(OSError, match="No space"):
        photographing.add_photo(draft.pk, Redrawn(large=b"large", small=b"small"))

    assert not BookingPhoto.objects.exists()
