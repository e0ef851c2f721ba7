"""Photos of the problem, and where their files lie."""

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q

from requests_app.models.booking import Booking, new_token
from requests_app.models.faults import Appeal

PHOTOS_MAX = 4


class PhotoSize(models.TextChoices):
    """Each photo is kept twice: to look at, and for the pages."""

    LARGE = "large"
    SMALL = "small"


def photo_storage() -> Storage:
    """Where photos lie: nobody reaches it by an address, views read it for whom `access` lets
    (fault A10).
    """
    return storages["private"]


class PhotoQuerySet(models.QuerySet):
    def of_the_problem(self) -> "PhotoQuerySet":
        """Those of the order, without those that came with messages."""
        return self.filter(rank__isnull=False)


class BookingPhoto(models.Model):
    """A photo, as photos.decoder has drawn it. Written by actions.photographing.

    With a rank it is of the problem; without one it came with a message of the thread, or backs an
    appeal: a partner's (`appeal`), or the customer's (DecisionAppeal.photo), which is the booking's
    like a message's and which no technician sees. Without a booking and an appeal it is on its way
    in or out, and no page shows it.
    """

    # Its files lie there still, so a booking does not go before its photos have been let go.
    booking = models.ForeignKey(Booking, null=True, on_delete=models.PROTECT, related_name="photos")
    appeal = models.OneToOneField(Appeal, null=True, on_delete=models.PROTECT, related_name="photo")
    rank = models.PositiveSmallIntegerField(null=True)
    key = models.CharField(max_length=64, default=new_token, unique=True, editable=False)
    sha256 = models.CharField(
        max_length=64, help_text="Of the large one: the same picture is there once."
    )
    delete_after_at = models.DateTimeField(
        null=True, help_text="When its files are deleted; never once it is ordered."
    )

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "rank"], name="one_photo_of_a_rank"),
            models.UniqueConstraint(
                fields=["booking", "sha256"],
                condition=Q(rank__isnull=False),
                name="one_photo_of_a_picture",
            ),
            models.CheckConstraint(
                condition=Q(booking__isnull=False, appeal__isnull=True, rank__range=(1, PHOTOS_MAX))
                | Q(booking__isnull=False, appeal__isnull=True, rank__isnull=True)
                | Q(
                    booking__isnull=True,
                    appeal__isnull=False,
                    rank__isnull=True,
                    delete_after_at__isnull=True,
                )
                | Q(
                    booking__isnull=True,
                    appeal__isnull=True,
                    rank__isnull=True,
                    delete_after_at__isnull=False,
                ),
                name="photo_attached_or_on_its_way",
            ),
        ]
        indexes = [
            models.Index(
                fields=["delete_after_at"],
                name="photo_delete_after",
                condition=Q(delete_after_at__isnull=False),
            )
        ]

    def path(self, size: str) -> str:
        """The name of a file in the storage; nothing in it comes from outside."""
        return f"photos/{self.key}-{PhotoSize(size).value}.jpg"
