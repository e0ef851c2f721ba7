"""Who is at the door, where it is, and who has looked."""

from django.conf import settings
from django.db import models

from accounts.codes import MailedCode
from accounts.models import PartnerProfile
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking


class BookingContact(models.Model):
    """Who is at the door and where it is.

    Read through requests_app.access.reveal_contact, which leaves a trace.
    """

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="contact")
    name = EncryptedTextField(blank=True, default="")
    phone = EncryptedTextField(blank=True, default="")
    street = EncryptedTextField(blank=True, default="")
    door_code = EncryptedTextField(
        blank=True, default="", help_text="Floor, code, how to find the door."
    )
    problem = EncryptedTextField(blank=True, default="")
    at_the_door = EncryptedTextField(
        blank=True, default="", help_text="Who opens and signs instead (rule B8)."
    )
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    precision = models.CharField(max_length=16, blank=True)


class AddressCode(MailedCode):
    """A code that was mailed to the booking's address: whoever types it has read that mailbox
    (rule B12).
    """

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="address_code")

    def about(self):
        return self.booking.uuid, self.booking.customer_id


class PriceCode(MailedCode):
    """A number mailed to the payer for one version of the price: who types it has read that mailbox
    (rule L10).

    Wrong ones are counted by the assignment, over all its versions: proposing again is no new set
    of guesses.
    """

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="price_code")
    version = models.PositiveSmallIntegerField(default=0, editable=False)

    def about(self):
        return self.booking.uuid, self.booking.customer_id, self.version


class ContactAccess(models.Model):
    """Who saw a customer's contact data, when and why. Only added to: triggers refuse the rest."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="contact_accesses")
    partner = models.ForeignKey(PartnerProfile, null=True, on_delete=models.PROTECT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    reason = EncryptedTextField()
    at = models.DateTimeField()
