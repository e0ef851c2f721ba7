"""A place of work as the rest of the site knows it: where it is, how sure we are, which calendar
holds there.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Country(models.TextChoices):
    FR = "FR", _("France")
    CH = "CH", _("Switzerland")


TIME_ZONES = {Country.FR.value: "Europe/Paris", Country.CH.value: "Europe/Zurich"}


class Precision(models.TextChoices):
    """How a point was found, best first.

    Up to STREET it is the address's own; below, its postcode's.
    """

    ADDRESS = "address", _("the house")
    STREET = "street", _("the street")
    HAND = "hand", _("set by hand")
    TOWN = "town", _("the town")
    FORMER_TOWN = "former_town", _("a former commune")
    MUNICIPALITY = "municipality", _("the municipality")
    DISTRICT = "district", _("the middle of the group of communes")
    NEIGHBOURS = "neighbours", _("the middle of the neighbouring postcodes")


VAGUE = frozenset({Precision.DISTRICT, Precision.NEIGHBOURS})


@dataclass(frozen=True)
class Place:
    country: str
    postcode: str
    city: str
    lat: float
    lon: float
    precision: str
    timezone: str
    region: str  # department in France, canton in Switzerland: public holidays differ by it

    @property
    def is_vague(self) -> bool:
        """The point may be ten kilometres off: a search should reach further than a technician's
        own circle.
        """
        return self.precision in VAGUE
