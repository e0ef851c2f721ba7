"""The private addresses of a technician's calendar. Of the one we give out the hash alone, so that
nobody reads it out of a row; of the one they give us the whole, encrypted, for we ask there.
"""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from mila.clock import MilaNow
from mila.encrypted_fields import EncryptedTextField


def new_feed_token() -> str:
    return secrets.token_urlsafe(32)


class CalendarFeed(models.Model):
    """One address for each technician, shown when it is made; a new one ends the old
    (rule B11's way with links).
    """

    technician = models.OneToOneField(
        "accounts.Technician", on_delete=models.CASCADE, related_name="calendar_feed"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(db_default=MilaNow(), editable=False)


class ReadFailure(models.TextChoices):
    """Why their other calendar could not be read, in words for its owner."""

    NOT_ALLOWED = "not_allowed", _("The address does not lead to the public internet.")
    NOT_REACHED = (
        "not_reached",
        _("Nobody answers at this address, or not with the calendar. Is it still the right one?"),
    )
    NOT_A_CALENDAR = (
        "not_a_calendar",
        _("What is at this address is no calendar. Please paste the address that ends in .ics."),
    )
    TOO_LARGE = "too_large", _("This calendar is too large to be read.")


class CalendarSource(models.Model):
    """Where a technician's other calendar is read: its busy times are in theirs (rule D1).

    `read_at` is the last time it was read whole; `failure` why the last try was not that.
    """

    technician = models.OneToOneField(
        "accounts.Technician", on_delete=models.CASCADE, related_name="calendar_source"
    )
    address = EncryptedTextField()
    made_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    due_at = models.DateTimeField(db_default=MilaNow(), db_index=True, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    failure = models.CharField(max_length=14, choices=ReadFailure.choices, blank=True)
