"""What customer and technician write to each other about a booking (rule L1, D8)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking
from requests_app.models.photos import BookingPhoto


class Author(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    TECHNICIAN = "technician", _("Technician")


class MessagePhrase(models.TextChoices):
    """Ready-made messages: stored by key, so that each reader sees them in their own language."""

    HELLO = "hello", _("I have your booking. When is a good time to talk?")
    PHOTO = "photo", _("Could you send me a photo of the device?")
    PARKING = "parking", _("Is there somewhere to park near you?")
    BACK = "back", _("I will get back to you today.")
    YES = "yes", _("Yes, that suits me.")
    NO = "no", _("No, that does not suit me.")
    CALL = "call", _("Please call me.")
    THANKS = "thanks", _("Thank you.")


PHRASES: dict[str, tuple[MessagePhrase, ...]] = {
    Author.CUSTOMER: (
        MessagePhrase.YES,
        MessagePhrase.NO,
        MessagePhrase.CALL,
        MessagePhrase.THANKS,
    ),
    Author.TECHNICIAN: (
        MessagePhrase.HELLO,
        MessagePhrase.PHOTO,
        MessagePhrase.PARKING,
        MessagePhrase.BACK,
        MessagePhrase.THANKS,
    ),
}


class Message(models.Model):
    """One message of the thread between the customer and one technician; never changed. No part of
    the state.

    A phrase, or own words, or a photo with or without them. Written by actions.messaging.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="messages")
    technician = models.ForeignKey(Technician, on_delete=models.PROTECT, related_name="+")
    author = models.CharField(max_length=10, choices=Author.choices)
    key = models.CharField(
        max_length=64, help_text="One-time key of the form: a second sending is the same message."
    )
    phrase = models.CharField(max_length=12, choices=MessagePhrase.choices, blank=True)
    text = EncryptedTextField(null=True)
    photo = models.OneToOneField(
        BookingPhoto, null=True, on_delete=models.SET_NULL, related_name="message"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["at"], name="message_at")]
        constraints = [
            models.UniqueConstraint(fields=["booking", "key"], name="one_message_of_a_key"),
            models.CheckConstraint(
                condition=Q(phrase="") | Q(text__isnull=True), name="message_is_phrase_or_words"
            ),
        ]

    @property
    def words(self) -> str:
        """In the active language if it is a phrase; else as it was written.

        Empty beside a bare photo.
        """
        return self.get_phrase_display() or self.text or ""

    @property
    def by_customer(self) -> bool:
        return self.author == Author.CUSTOMER
