"""Photos: added to a draft or a message, taken away again, and their files with them (rule B1, D8).

A row is there before its files and until after them, so no file is ever without one, wherever
somebody pulls the plug. `delete_after_at` says when the files go: soon while they arrive, later in
a draft that nobody orders, never in a booking.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.exceptions import ObjectDoesNotExist
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from mila.clock import mila_now
from mila.errors import Refusal
from mila.faults import has_no_room
from mila.transactions import after_commit, verb
from policy.kept import DRAFT
from requests_app.actions.drafting import lock_draft
from requests_app.lifecycle import Locked
from requests_app.models import PHOTOS_MAX, BookingPhoto, PhotoSize, photo_storage
from requests_app.photos.decoder import Redrawn

logger = logging.getLogger(__name__)
ARRIVING = timedelta(hours=1)


class TooManyPhotos(Refusal):
    sentence = _("There is room for four photos. Remove one first, then add another.")


class NoRoomForPhotos(Refusal):
    """The disk is full, or the bucket's share of it (fault F5)."""

    sentence = _(
        "We cannot keep photos at the moment. What you have written is still here: try again "
        "later, or go on without."
    )
    status = 503


def add_photo(booking_id: int, picture: Redrawn) -> BookingPhoto:
    """Attach it to the draft; the same picture once more is the photo that is there. No transaction
    of the caller's.

    Raises NotADraft, TooManyPhotos or NoRoomForPhotos; then nothing is left of it.
    """
    with taken_in(picture) as photo:
        assert photo is not None
        return _attach(booking_id, photo.pk)


@contextmanager
def taken_in(picture: Redrawn | None) -> Iterator[BookingPhoto | None]:
    """The files are there before what is written within names them, and go where nothing does: it
    was refused, or is a repeat and has its photo.

    No transaction of the caller's. Raises NoRoomForPhotos; then nothing is left of it.
    """
    photo = _take_in(picture) if picture else None
    try:
        yield photo
    except (Refusal, ObjectDoesNotExist):
        if photo is not None:
            drop_photo(photo.pk)
        raise
    if photo is not None:
        drop_photo(photo.pk)  # one that was taken stays


def _take_in(picture: Redrawn) -> BookingPhoto:
    """Its files and a row that is nobody's yet: attach it soon, or it goes."""
    arriving = BookingPhoto.objects.create(
        sha256=hashlib.sha256(picture.large).hexdigest(), delete_after_at=mila_now() + ARRIVING
    )
    try:
        for size, content in ((PhotoSize.LARGE, picture.large), (PhotoSize.SMALL, picture.small)):
            photo_storage().save(arriving.path(size), ContentFile(content))
    except OSError as error:
        drop_photo(arriving.pk)
        if has_no_room(error):
            logger.error("No room for photos: %s", error)
            raise NoRoomForPhotos from error
        raise
    return arriving


def keep(photo: BookingPhoto | None, booking: Locked) -> BookingPhoto | None:
    """It came with words about the booking: it is the booking's, but none of the problem."""
    if photo is not None:
        photo.booking, photo.delete_after_at = booking, None
        photo.save(update_fields=["booking", "delete_after_at"])
    return photo


@verb
def _attach(booking_id: int, photo_id: int) -> BookingPhoto:
    booking = lock_draft(booking_id)
    arriving = BookingPhoto.objects.select_for_update().get(pk=photo_id)
    if there := booking.photos.filter(sha256=arriving.sha256).first():
        return there
    free = set(range(1, PHOTOS_MAX + 1)) - set(booking.photos.values_list("rank", flat=True))
    if not free:
        raise TooManyPhotos
    arriving.booking, arriving.rank, arriving.delete_after_at = (
        booking,
        min(free),
        mila_now() + DRAFT,
    )
    arriving.save(update_fields=["booking", "rank", "delete_after_at"])
    return arriving


@verb
def remove_photo(booking_id: int, key: str) -> None:
    """Gone from the draft now, its files after the commit. A repeat finds nothing to do.

    Raises NotADraft.
    """
    booking = lock_draft(booking_id)
    photo = booking.photos.select_for_update().filter(key=key).first()
    if photo is not None:
        detach(photo)
        after_commit(drop_photo, photo.pk)


@verb
def let_go(photo_id: int) -> bool:
    """Take a photo whose time has come from its draft; False when its time has not come, or
    somebody holds it.
    """
    photo = (
        BookingPhoto.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=photo_id)
        .first()
    )
    if photo is None or photo.delete_after_at is None or photo.delete_after_at > mila_now():
        return False
    detach(photo)
    return True


def drop_photo(photo_id: int) -> None:
    """The files of a photo that is nobody's any more, then its row.

    May run twice, or end half-way.
    """
    photo = BookingPhoto.objects.filter(pk=photo_id, booking=None, appeal=None).first()
    if photo is None:
        return
    for size in PhotoSize:
        photo_storage().delete(photo.path(size))
    photo.delete()


def detach(photo: BookingPhoto) -> None:
    photo.booking, photo.rank, photo.delete_after_at = None, None, mila_now()
    photo.save(update_fields=["booking", "rank", "delete_after_at"])
