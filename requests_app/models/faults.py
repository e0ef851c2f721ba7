"""The ledger of faults: what went wrong, who caused it, what it costs in the order, and what was
said against it.

Written by requests_app.fault_ledger, in the transaction of the move that causes it (rule L17).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile, Suspension, Technician
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.assignments import Assignment
from requests_app.models.booking import Booking, Fault


class FaultKind(models.TextChoices):
    """What went wrong. All but the last have their points and days in the policy
    (policy.values.PerFault).
    """

    MISSED_CALL = "missed_call", _("No call in time")
    MISSED_CONFIRMATION = "missed_confirmation", _("No confirmation in time")
    LATE = "late", _("Late")
    LATE_RELEASE = "late_release", _("Given back late")
    NO_SHOW = "no_show", _("Did not come")
    FAILED_VISIT = "failed_visit", _("Visit in vain")
    CANCELLATION = "cancellation", _("Cancelled")


class VoidReason(models.TextChoices):
    """Why a row says nothing any more."""

    APPEAL = "appeal", _("Overturned on appeal")
    DECISION = "decision", _("Staff have decided otherwise")
    WORSE = "worse", _("Part of a later fault of the same visit")


class FaultEntry(models.Model):
    """One thing that went wrong on one booking, once (rule L17).

    `counts`: its points are in the technician's figures now. It stops at `until_at`, and for good
    when it is void.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="faults")
    assignment = models.ForeignKey(
        Assignment, null=True, on_delete=models.PROTECT, related_name="faults"
    )
    technician = models.ForeignKey(
        Technician,
        null=True,
        on_delete=models.PROTECT,
        related_name="faults",
        help_text="Where it is the partner's.",
    )
    who = models.CharField(max_length=8, choices=Fault.choices)
    kind = models.CharField(max_length=20, choices=FaultKind.choices)
    occurrence = models.PositiveIntegerField(
        help_text="Sequence of the event it is about: one row for each."
    )
    at = models.DateTimeField()
    evidence = models.JSONField(
        default=dict, help_text="Instants and facts, as they were known then."
    )
    points = models.PositiveSmallIntegerField(default=0)
    until_at = models.DateTimeField(null=True, help_text="Until when the points count.")
    appeal_until_at = models.DateTimeField(null=True)
    counts = models.BooleanField(default=False)
    void_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=8, choices=VoidReason.choices, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("fault")
        verbose_name_plural = _("faults")
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "kind", "occurrence"], name="one_fault_of_an_occurrence"
            ),
            models.CheckConstraint(
                condition=Q(who=Fault.PARTNER, technician__isnull=False, assignment__isnull=False)
                | (~Q(who=Fault.PARTNER) & Q(technician__isnull=True, points=0)),
                name="fault_of_a_partner_has_a_technician",
            ),
            models.CheckConstraint(
                condition=Q(counts=False) | Q(void_at__isnull=True, until_at__isnull=False),
                name="void_counts_not",
            ),
            models.CheckConstraint(
                condition=Q(void_at__isnull=True, void_reason="")
                | (Q(void_at__isnull=False) & ~Q(void_reason="")),
                name="void_fault_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["technician", "-at"], name="fault_of_technician"),
            models.Index(fields=["until_at"], name="fault_runs_out", condition=Q(counts=True)),
        ]

    def __str__(self):
        return f"{self.booking.number}: {self.get_kind_display()}"


class Verdict(models.TextChoices):
    UPHELD = "upheld", _("It stays")
    OVERTURNED = "overturned", _("Overturned")


class Appeal(models.Model):
    """What a partner says against a fault or a suspension, and what a person decided, once
    (rule L17, P3).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fault = models.OneToOneField(
        FaultEntry, null=True, on_delete=models.PROTECT, related_name="appeal"
    )
    suspension = models.OneToOneField(
        Suspension, null=True, on_delete=models.PROTECT, related_name="appeal"
    )
    partner = models.ForeignKey(PartnerProfile, on_delete=models.PROTECT, related_name="appeals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    words = EncryptedTextField()
    at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="A person has decided by then.")
    warn_at = models.DateTimeField(
        null=True, help_text="When staff hear that it waits; null once they did."
    )
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    reason = EncryptedTextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fault__isnull=False, suspension__isnull=True)
                | Q(fault__isnull=True, suspension__isnull=False),
                name="appeal_is_against_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True, decided_by__isnull=True)
                | (
                    ~Q(verdict="")
                    & Q(decided_at__isnull=False, decided_by__isnull=False, warn_at__isnull=True)
                ),
                name="appeal_is_decided_by_a_person",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="appeal_waits", condition=Q(verdict="")),
            models.Index(
                fields=["warn_at"], name="appeal_warns", condition=Q(warn_at__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.partner}: {self.fault or self.suspension}"
