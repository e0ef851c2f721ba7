"""Who is at the door, where it is, and who has looked."""

from django.conf import settings
from django.db import models

from accounts.fields import EncryptedTextField
from accounts.models import PartnerProfile
from requests_app.models.booking import Booking


class BookingContact(models.Model):
    """Who is at the door and where it is. Read through requests_app.access.reveal_contact, which leaves a trace."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="contact")
    name = EncryptedTextField(blank=True, default="")
    phone = EncryptedTextField(blank=True, default="")
    street = EncryptedTextField(blank=True, default="")
    door_code = EncryptedTextField(blank=True, default="", help_text="Floor, code, how to find the door.")
    problem = EncryptedTextField(blank=True, default="")
    at_the_door = EncryptedTextField(blank=True, default="", help_text="Who opens and signs, if not the customer (B8).")
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    precision = models.CharField(max_length=16, blank=True)


class AddressCode(models.Model):
    """A code that was mailed to the booking's address: whoever types it has read that mailbox (PRODUCT B12).

    One row a booking, whoever asks: another browser has no tries of its own. The code itself is not kept.
    """

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="address_code")
    mac = models.CharField(max_length=64, blank=True, editable=False)
    until_at = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    # How many codes since `counted_from_at`, and how many ever: the round of the message.
    sent = models.PositiveSmallIntegerField(default=0, editable=False)
    counted_from_at = models.DateTimeField(editable=False)
    rounds = models.PositiveIntegerField(default=0, editable=False)


class ContactAccess(models.Model):
    """Who saw a customer's contact data, when and why. Only added to: triggers refuse the rest."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="contact_accesses")
    partner = models.ForeignKey(PartnerProfile, null=True, on_delete=models.PROTECT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    reason = models.CharField(max_length=40)
    at = models.DateTimeField()
