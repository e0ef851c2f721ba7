"""The private address of a technician's calendar: the hash of it alone, so nobody reads the address
out of a row.
"""

import secrets

from django.db import models

from mila.clock import MilaNow


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
