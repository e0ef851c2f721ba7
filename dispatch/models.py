"""Searches and offers: whom a booking was shown to, in which order, and why; who waits for somebody
to come at all.
"""

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import LANGUAGES, Technician
from catalogue.models import Service
from places.place import Country
from requests_app.lifecycle import MOVES
from requests_app.models import OFFERED, Assignment, Booking

# Where a booking may still come from when it is offered, again or for the first time.
MAY_BE_OFFERED = OFFERED.union(*(move.sources for move in MOVES.values() if move.target in OFFERED))


class Search(models.Model):
    """One search for a technician; a booking that loses its partner starts another.

    `next_at` is its clock.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="searches")
    round = models.PositiveIntegerField(
        help_text="Sequence of the event that began it: one search for each."
    )
    started_at = models.DateTimeField()
    next_at = models.DateTimeField(
        null=True, help_text="When to ask the next one; null when it has ended."
    )
    windows_ended = models.PositiveSmallIntegerField(default=0)
    pool_at = models.DateTimeField(null=True, help_text="Since when all eligible see it (rule D6).")
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "round"], name="one_search_of_a_round"),
            models.UniqueConstraint(
                fields=["booking"], condition=Q(ended_at__isnull=True), name="one_running_search"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="search_due", condition=Q(next_at__isnull=False))
        ]


class Trace(models.Model):
    """What one asking saw and chose; enough to compute anybody's exclusion again (rule D9)."""

    search = models.ForeignKey(Search, on_delete=models.CASCADE, related_name="traces")
    at = models.DateTimeField()
    inputs = models.JSONField(help_text="Skill, cell-rounded place, wishes, policy figures.")
    best = models.JSONField(help_text="The best with the parts of their score, in order.")
    excluded = models.JSONField(
        null=True, help_text="How many each rule left out; null until they are counted."
    )

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["at"], name="trace_at"),
            models.Index(fields=["id"], name="trace_uncounted", condition=Q(excluded__isnull=True)),
        ]


class OfferState(models.TextChoices):
    OPEN = "open", _("Open")
    QUEUED = "queued", _("Next in line")
    CLAIMED = "claimed", _("Claimed")
    DECLINED = "declined", _("Declined")
    LAPSED = "lapsed", _("Lapsed")
    NOT_REACHED = "not_reached", _("Not reached")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class DeclineReason(models.TextChoices):
    FAR = "far", _("Too far away")
    TIME = "time", _("I am not free")
    PAY = "pay", _("Too little pay")
    SKILL = "skill", _("Not my field")


# How an offer has ended of which its technician may be kept in reserve (rule L2).
UNTAKEN = frozenset({OfferState.LAPSED, OfferState.NOT_REACHED, OfferState.WITHDRAWN})


class OfferQuerySet(models.QuerySet["Offer"]):
    def in_reserve(self) -> "OfferQuerySet":
        """Of those who keep themselves in reserve (rule L2)."""
        return self.filter(reserve_at__isnull=False)

    def reserve_over(self) -> "OfferQuerySet":
        """Their reserve has no more sense: the booking does not come back, or the job has been
        theirs meanwhile.
        """
        had = Assignment.objects.filter(
            booking=OuterRef("booking"), technician=OuterRef("technician")
        )
        return self.in_reserve().filter(~Q(booking__state__in=MAY_BE_OFFERED) | Exists(had))


class Offer(models.Model):
    """A booking shown to one technician; while it is open, theirs alone (rule D3, D4)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="offers")
    search = models.ForeignKey(Search, on_delete=models.CASCADE, related_name="offers")
    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="offers")
    epoch = models.BigIntegerField(
        help_text="The booking's epoch when it was opened: a later move fences it."
    )
    state = models.CharField(max_length=11, choices=OfferState.choices)
    own_tap = models.BooleanField(default=False, help_text="Opened by their own tap (rule D5).")
    silent = models.BooleanField(
        default=False, help_text="Night pool: a lapse does not count (rule D7)."
    )
    from_reserve = models.BooleanField(
        default=False, help_text="Was in reserve for it: asked first (rule L2)."
    )
    score_ppm = models.IntegerField(default=0)
    parts = models.JSONField(default=dict)
    distance_m = models.PositiveIntegerField()
    wishes = models.JSONField(
        default=list, help_text="Ranks of the wishes they are free for, the asked one first."
    )
    opened_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    viewed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(
        null=True, help_text="End of the window, by the database's clock."
    )
    ended_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=8, choices=DeclineReason.choices, blank=True)
    lock_token = models.CharField(max_length=32, blank=True)
    reserve_at = models.DateTimeField(
        null=True,
        help_text="Since when they are in reserve for this booking; null again once used or over "
        "(rule L2).",
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=Q(state="open"), name="one_open_offer_per_booking"
            ),
            models.UniqueConstraint(
                fields=["technician"],
                condition=Q(state="open"),
                name="one_open_offer_per_technician",
            ),
            models.UniqueConstraint(
                fields=["booking", "technician"], condition=Q(state="queued"), name="queued_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(expires_at__isnull=False), name="open_offer_expires"
            ),
            # Its index is also how the search and the sweep find those in reserve.
            models.UniqueConstraint(
                fields=["booking", "technician"],
                condition=Q(reserve_at__isnull=False),
                name="in_reserve_once",
            ),
            models.CheckConstraint(
                condition=Q(reserve_at__isnull=True) | Q(state__in=sorted(UNTAKEN)),
                name="reserve_of_an_untaken_offer",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="offer_due", condition=Q(state="open")),
            models.Index(
                fields=["booking"], name="offer_waiting", condition=Q(state__in=["open", "queued"])
            ),
            models.Index(fields=["technician", "state"], name="offer_of_technician"),
        ]


class AreaAlert(models.Model):
    """Somebody wants to be told when a service comes to their place (rule B14).

    The row goes once they were told.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField()
    language = models.CharField(max_length=2, choices=LANGUAGES)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    country = models.CharField(max_length=2, choices=Country.choices)
    postcode = models.CharField(max_length=5)
    city = models.CharField(max_length=80)
    lat = models.FloatField(help_text="Rounded: the district, never the house.")
    lon = models.FloatField()
    asked_at = models.DateTimeField()
    checked_at = models.DateTimeField(help_text="When it was last looked whether somebody comes.")
    told_at = models.DateTimeField(
        null=True, help_text="Their message was written; when it has gone, so does this."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email", "service", "country", "postcode"], name="one_alert_of_a_place"
            )
        ]
        indexes = [models.Index(fields=["checked_at"], name="area_alert_checked")]


class AlertTrail(models.Model):
    """That an alert was asked for an address, or stopped: it outlives the alert.

    Holds only a keyed hash of it.
    """

    address_hash = models.CharField(max_length=64)
    stopped = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["address_hash"], name="alert_trail_address"),
            models.Index(fields=["at"], name="alert_trail_at"),
        ]
