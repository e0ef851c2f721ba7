"""When technicians work, and what fills their days."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Technician
from mila.clock import MilaNow


class WeeklyHours(models.Model):
    """When they work, wall time of their base; a weekday may have several rows. 0 is Monday."""

    technician = models.ForeignKey(
        Technician, on_delete=models.CASCADE, related_name="hours", db_index=False
    )
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()
    since_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    class Meta:
        ordering = ["weekday", "opens"]
        indexes = [
            # Who works when, without a look at the rows themselves (dispatch/availability.py).
            models.Index(
                fields=["technician", "weekday"], include=["opens", "closes"], name="hours_of_week"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="weekday_0_to_6"),
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")), name="hours_have_length"
            ),
        ]


class CalendarEntryKind(models.TextChoices):
    JOB = "job", _("Job")
    ABSENCE = "absence", _("Absence")
    BUSY = "busy", _("Busy in another calendar")


class CalendarEntry(models.Model):
    """Time a technician does not have: a job with its travel buffer, an absence, or what another
    calendar of theirs says.

    Never two at once (rule D1), but what another calendar says may lie across the others: it is not
    ours to end, and stays when a job in it is given back.
    """

    technician = models.ForeignKey(
        Technician, on_delete=models.CASCADE, related_name="calendar_entries"
    )
    during = DateTimeRangeField()
    kind = models.CharField(max_length=7, choices=CalendarEntryKind.choices)
    note = models.CharField(max_length=120, blank=True)
    since_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="calendar_entry_once",
                expressions=[
                    ("technician", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(kind="busy"),
            ),
            ExclusionConstraint(
                name="calendar_busy_once",
                expressions=[
                    ("technician", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=models.Q(kind="busy"),
            ),
        ]
