"""Papers: who issues them, their numbers, what they say, and the file, stored once
(rule M8; law R21).
"""

import base64
import hashlib
import json
import uuid
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile
from mila.clock import MilaNow
from mila.encrypted_fields import EncryptedTextField
from payments.models import Charge
from places.place import Country
from requests_app.models import Booking


class Billing(models.Model):
    """Who a partner is on papers. With the mandate Mila makes invoices in their name (rule M8).

    `vat_number` is empty for who owes no VAT. What was printed before a change stays as it was.
    """

    partner = models.OneToOneField(PartnerProfile, on_delete=models.PROTECT, related_name="billing")
    name = models.CharField(_("name on papers"), max_length=120)
    street = models.CharField(_("street and number"), max_length=120)
    postcode = models.CharField(_("postcode"), max_length=5)
    city = models.CharField(_("town"), max_length=80)
    register_number = models.CharField(_("company number"), max_length=20)
    vat_number = models.CharField(_("VAT number"), max_length=24, blank=True)
    mandate_at = models.DateTimeField(_("mandate given"))
    mandate_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("details for papers")
        verbose_name_plural = _("details for papers")

    def __str__(self):
        return self.name


class Series(models.Model):
    """The numbers of one issuer in one year.

    Counted under this row's lock, until the paper is stored.
    """

    name = models.CharField(max_length=16)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "year"], name="one_series_of_a_year")
        ]


class PaperKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    RECEIPT = "receipt", _("Receipt")
    CANCELLATION = "cancellation", _("Invoice for a cancellation")
    COMMISSION = "commission", _("Invoice for the commission")
    SELF_BILL = "self_bill", _("Self-billed invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    STATEMENT = "statement", _("Statement")


class Audience(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    PARTNER = "partner", _("Partner")


class Paper(models.Model):
    """What one paper says, as it was issued.

    Only added: triggers refuse the rest, gaps are found (invariant I12).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=PaperKind.choices)
    audience = models.CharField(_("made for"), max_length=8, choices=Audience.choices)
    series = models.CharField(max_length=16)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    key = models.CharField(
        max_length=80, unique=True, help_text="What it is the paper of: a repeat makes no second."
    )
    partner = models.ForeignKey(
        PartnerProfile, null=True, on_delete=models.PROTECT, related_name="papers"
    )
    booking = models.ForeignKey(Booking, null=True, on_delete=models.PROTECT, related_name="papers")
    charge = models.ForeignKey(Charge, null=True, on_delete=models.PROTECT, related_name="papers")
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="corrections"
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    currency = models.CharField(max_length=3)
    total_cents = models.IntegerField(help_text="With VAT; of a credit note what is given back.")
    content = EncryptedTextField(help_text="All that stands on it, as JSON.")
    sha256 = models.CharField(max_length=64, help_text="Over the number and the content.")
    issued_at = models.DateTimeField(_("issued"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        constraints = [
            models.UniqueConstraint(
                fields=["series", "year", "serial"], name="one_paper_of_a_number"
            ),
            models.CheckConstraint(condition=Q(serial__gt=0), name="paper_numbers_begin_at_one"),
            models.CheckConstraint(
                condition=Q(kind="credit_note", corrects__isnull=False)
                | (~Q(kind="credit_note") & Q(corrects=None)),
                name="credit_note_names_its_invoice",
            ),
        ]
        indexes = [models.Index(F("partner"), F("issued_at").desc(), name="paper_of_partner")]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        """FR-2026-000042"""
        return f"{self.series}-{self.year}-{self.serial:06d}"

    @cached_property
    def data(self) -> dict[str, Any]:
        return json.loads(self.content)

    def computed_sha256(self) -> str:
        said = [
            self.number,
            self.kind,
            self.language,
            self.currency,
            self.total_cents,
            self.content,
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


DISPUTE = "dispute-"  # the beginning of the keys of lost disputes


class GivenBack(models.Model):
    """What a refund, or a lost dispute, gave back of a charge, in parts (rule M6): its credit notes
    are made of this row, each once.
    """

    key = models.CharField(
        max_length=60, unique=True, help_text="The refund's own: a repeat gives nothing more back."
    )
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="given_back")
    amount_cents = models.PositiveIntegerField()
    # amount = partner's share + commission + booking fee + what Mila gives beyond it, each of
    # them what is given back of it.
    partner_cents = models.PositiveIntegerField()
    booking_fee_cents = models.PositiveIntegerField()
    mila_cents = models.PositiveIntegerField(db_default=0, default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    amount_cents__gt=0,
                    amount_cents__gte=F("partner_cents") + F("booking_fee_cents") + F("mila_cents"),
                ),
                name="given_back_adds_up",
            )
        ]

    @property
    def by_bank(self) -> bool:
        return self.key.startswith(DISPUTE)

    @property
    def commission_cents(self) -> int:
        return self.service_cents - self.partner_cents

    @property
    def service_cents(self) -> int:
        """Of the price of the work; what Mila gives out of its own pocket changes no price."""
        return self.amount_cents - self.booking_fee_cents - self.mila_cents


class PaperFile(models.Model):
    """The PDF of a paper: made once, encrypted, never changed.

    `sha256` is over its bytes (law R21).
    """

    paper = models.OneToOneField(Paper, on_delete=models.PROTECT, related_name="file")
    body = EncryptedTextField(help_text="The bytes in base64.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    made_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    @classmethod
    def of(cls, paper: Paper, pdf: bytes) -> "PaperFile":
        body = base64.b64encode(pdf).decode()
        return cls(paper=paper, body=body, sha256=hashlib.sha256(pdf).hexdigest(), size=len(pdf))

    @property
    def pdf(self) -> bytes:
        return base64.b64decode(self.body)


class Unprinted(models.Model):
    """A paper whose PDF has still to be made: written with it, gone with its file."""

    paper = models.OneToOneField(Paper, on_delete=models.PROTECT, related_name="unprinted")
    next_at = models.DateTimeField(db_default=MilaNow(), db_index=True)


class StatedMonth(models.Model):
    """A month of a country whose statements are all there: nobody need look through its earnings
    again.
    """

    country = models.CharField(max_length=2, choices=Country.choices)
    first_day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "first_day"], name="one_stated_month")
        ]
