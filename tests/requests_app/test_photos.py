"""Photos of a draft: added, removed, kept with the order, and no file that outlives its row
(rule B1).
"""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.db import IntegrityError, transaction

from policy.kept import DRAFT
from requests_app.actions import changes, drafting, placing
from requests_app.actions.photographing import TooManyPhotos, add_photo, drop_photo, remove_photo
from requests_app.lifecycle import Role
from requests_app.models import BookingPhoto, PhotoSize
from requests_app.photos.decoder import redraw
from requests_app.sweeps import sweep_photos
from tests import factories
from tests.pictures import jpeg, photo_of

SECOND = timedelta(seconds=1)
COLOURS = ("teal", "navy", "olive", "maroon")


@pytest.fixture
def draft(now, files):
    return factories.DraftFactory()


def names(*photos):
    return {photo.path(size).removeprefix("photos/") for photo in photos for size in PhotoSize}


def order(draft):
    return placing.place(draft.pk, role=Role.CUSTOMER, by=draft.customer)


def test_photo_has_a_rank_a_random_name_and_two_files(draft, files, now):
    photo = photo_of(draft)

    assert (photo.booking, photo.rank, photo.delete_after_at) == (draft, 1, now + DRAFT)
    assert len(photo.key) >= 43  # 256 bits
    assert files() == names(photo)


def test_same_picture_once_more_is_the_photo_that_is_there(draft, files):
    photo = photo_of(draft)

    assert photo_of(draft) == photo

    assert BookingPhoto.objects.get() == photo
    assert files() == names(photo)


def test_fifth_photo_is_refused_and_leaves_nothing(draft, files):
    photos = [photo_of(draft, colour) for colour in COLOURS]

    with pytest.raises(TooManyPhotos):
        photo_of(draft, "white")

    assert list(BookingPhoto.objects.order_by("rank")) == photos
    assert files() == names(*photos)


def test_photo_takes_the_first_free_place(draft):
    second = [photo_of(draft, colour) for colour in COLOURS][1]
    remove_photo(draft.pk, second.key)

    assert photo_of(draft, "white").rank == 2


def test_database_refuses_a_fifth_place(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        BookingPhoto.objects.create(booking=draft, rank=5, sha256="0" * 64)


def test_database_refuses_a_photo_of_nobody_without_an_end(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        BookingPhoto.objects.create(sha256="0" * 64)


def test_removed_photo_is_gone_at_once_and_its_files_after_the_commit(
    draft, files, django_capture_on_commit_callbacks
):
    photo = photo_of(draft)

    with django_capture_on_commit_callbacks(execute=True):
        remove_photo(draft.pk, photo.key)
        assert not draft.photos.exists()
        assert files() == names(photo)

    assert not BookingPhoto.objects.exists()
    assert files() == set()


def test_removing_again_or_another_draft_s_changes_nothing(draft, files):
    photo = photo_of(factories.DraftFactory())

    remove_photo(draft.pk, photo.key)
    remove_photo(draft.pk, "x")

    assert BookingPhoto.objects.get().booking == photo.booking
    assert files() == names(photo)


@pytest.mark.parametrize("change", ["add", "remove"])
def test_order_closes_the_photos(draft, files, change):
    photo = photo_of(draft)
    order(draft)

    with pytest.raises(drafting.NotADraft):
        add_photo(draft.pk, redraw(jpeg("navy"))) if change == "add" else remove_photo(
            draft.pk, photo.key
        )

    assert BookingPhoto.objects.get() == photo
    assert files() == names(photo)


def test_ordered_photo_stays(draft, files, stopped_clock, now):
    photo = photo_of(draft)
    order(draft)
    stopped_clock(now + DRAFT * 20)

    assert sweep_photos() == 0

    assert draft.photos.get() == photo
    assert files() == names(photo)


@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize(("after", "swept"), [(-SECOND, 0), (0 * SECOND, 1), (SECOND, 1)])
def test_photo_of_a_draft_that_nobody_orders_goes_after_two_weeks(
    draft, files, stopped_clock, now, after, swept, cancelled
):
    photo = photo_of(draft)
    if cancelled:
        changes.cancel(draft.pk, role=Role.CUSTOMER, by=draft.customer)
    stopped_clock(now + DRAFT + after)

    assert sweep_photos() == swept

    assert files() == (set() if swept else names(photo))
    assert BookingPhoto.objects.count() == 1 - swept
    assert sweep_photos() == 0


def test_files_that_never_came_to_a_draft_are_swept(draft, files, stopped_clock, now, monkeypatch):
    # pulled the plug
    monkeypatch.setattr("requests_app.actions.photographing._attach", lambda *ids: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        photo_of(draft)
    assert len(files()) == 2

    assert sweep_photos() == 0
    stopped_clock(now + timedelta(hours=1))
    assert sweep_photos() == 1

    assert files() == set()
    assert not BookingPhoto.objects.exists()


def test_storage_that_fails_is_asked_again_and_no_page_shows_the_photo(
    draft, files, stopped_clock, now, monkeypatch, caplog
):
    photo = photo_of(draft)
    stopped_clock(now + DRAFT)
    with monkeypatch.context() as broken:
        broken.setattr(InMemoryStorage, "delete", lambda self, name: 1 / 0)
        assert sweep_photos() == 0
    assert not draft.photos.exists()
    assert files() == names(photo)
    assert "handle_due_photo" in caplog.text

    stopped_clock(now + DRAFT + timedelta(minutes=1))

    assert sweep_photos() == 1
    assert files() == set()


def test_dropping_leaves_a_photo_that_a_draft_holds(draft, files):
    photo = photo_of(draft)

    drop_photo(photo.pk)

    assert draft.photos.get() == photo
    assert files() == names(photo)


def test_folder_is_the_site_s_own(settings, tmp_path):
    storage = FileSystemStorage(**{**settings.PRIVATE_FOLDER, "location": tmp_path / "private"})

    storage.save("photos/x.jpg", ContentFile(b"x"))

    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "private").rglob("*")}
    assert modes == {0o700, 0o600}
