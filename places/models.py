"""Postcodes with a point each, and the addresses an online geocoder has answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mila.clock import MilaNow
from places.place import Country, Precision


class Postcode(models.Model):
    """One row of the gazetteer (places/data/gazetteer.csv), or what ops made of it."""

    country = models.CharField(_("country"), max_length=2, choices=Country)
    code = models.CharField(_("postcode"), max_length=5)
    region = models.CharField(_("department or canton"), max_length=3)
    name = models.CharField(_("town"), max_length=80)
    towns = models.TextField(
        _("other towns"), blank=True, help_text=_("Separated by a vertical bar.")
    )
    lat = models.FloatField(_("latitude"))
    lon = models.FloatField(_("longitude"))
    precision = models.CharField(_("found by"), max_length=12, choices=Precision)
    corrected = models.BooleanField(_("corrected by hand"), default=False)
    changed_at = models.DateTimeField(
        _("changed"), db_default=MilaNow(), db_index=True, editable=False
    )

    class Meta:
        verbose_name = _("postcode")
        verbose_name_plural = _("postcodes")
        constraints = [
            models.UniqueConstraint(fields=["country", "code"], name="one_point_per_postcode"),
            models.CheckConstraint(
                condition=models.Q(country__in=Country.values), name="postcode_country_known"
            ),
            models.CheckConstraint(
                condition=models.Q(lat__range=(41, 52), lon__range=(-6, 11)),
                name="postcode_in_service_area",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class GeocodedAddress(models.Model):
    """An online geocoder's answer, kept because addresses do not move.

    Holds no address: only a keyed hash of it.
    """

    country = models.CharField(max_length=2, choices=Country)
    address_hash = models.CharField(max_length=64)
    lat = models.FloatField()
    lon = models.FloatField()
    precision = models.CharField(max_length=12, choices=Precision)
    label = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "address_hash"], name="one_answer_per_address"
            ),
        ]

    def __str__(self) -> str:
        return self.label
