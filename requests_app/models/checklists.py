"""What a technician ticked, in the words that stood there: evidence, only added to."""

from django.db import models

from catalogue.models import Checklist
from requests_app.models.assignments import Assignment


class ChecklistTick(models.Model):
    """One tick of one item, set or taken back; the last row of an item counts (rule L7, L9, L12).

    Triggers refuse every change (docs/database-roles.md).
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="ticks")
    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(help_text="Of the item in its list, from 0.")
    words = models.CharField(max_length=200, help_text="The item as it stood on the page.")
    ticked = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
