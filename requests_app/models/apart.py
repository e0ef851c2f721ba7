"""Who does not want to meet again, and another time that waits for the customer's yes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.assignments import Assignment
from requests_app.models.booking import Booking
from requests_app.models.messages import Author


class Avoidance(models.Model):
    """Not this person again: the search brings the two together no more while it stands (rule D1).

    Either side may say it, after a booking they had in common, and take it back; the other is never
    told.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="avoidances"
    )
    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="avoidances")
    said_by = models.CharField(max_length=10, choices=Author.choices)
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["technician", "customer", "said_by"],
                condition=Q(ended_at__isnull=True),
                name="one_avoidance_of_a_side",
            )
        ]


class ProposalKind(models.TextChoices):
    WISH = "wish", _("Another time")
    SECOND = "second", _("Second appointment")


class TimeProposal(models.Model):
    """Another start the technician notes down; nothing moves before the customer accepts
    (rule B9, L11).

    It holds for its assignment at the start that assignment had: after any other move of the date
    it is void.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="time_proposals")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=6, choices=ProposalKind.choices)
    wall = models.CharField(max_length=16, help_text="Local time as chosen: 2026-11-26T17:30.")
    start_at = models.DateTimeField()
    instead_of_at = models.DateTimeField(
        help_text="The start that was agreed when it was proposed."
    )
    reason = EncryptedTextField(
        blank=True, default="", help_text="What is missing for the rest of the work."
    )
    proposed_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True, help_text="When a later one took its place.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(
                    accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True
                ),
                name="one_open_time_proposal",
            )
        ]
