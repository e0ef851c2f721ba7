"""What a customer asked for beside the service, and what they answered to
its questions (rule B13).
"""

from django.db import models

from catalogue.models import Package, Question
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking


class BookingPackage(models.Model):
    """An extra chosen while booking; price and length as they were then, part of version 1."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="extras")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+")
    cents = models.PositiveIntegerField()
    duration_minutes = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "package"], name="one_extra_of_a_package")
        ]


class BookingAnswer(models.Model):
    """An answer with its question in the words it was asked in: a question changed later changes no
    booking.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, null=True, on_delete=models.SET_NULL, related_name="+")
    rank = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=120)
    answer = EncryptedTextField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "rank"], name="one_answer_of_a_rank")
        ]
