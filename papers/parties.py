"""Who stands at the top of a paper: Mila, a partner, a customer; as they are on the day it is
issued.
"""

from typing import Any

from django.conf import settings

from accounts.models import PartnerProfile
from papers.models import Billing
from places.place import Country
from requests_app.models import Booking, BookingContact

Party = dict[str, Any]


def mila(country: str) -> Party:
    """The house, under its VAT number of the country."""
    operator = settings.OPERATOR
    vat = operator["vat"] if country == Country.FR else operator["vat_ch"]
    party = _party(
        operator["company"], operator["address"].split(", "), "FR", operator["register"], vat
    )
    return {**party, "whole": True}  # the address as it is set, its country included


def partner(billing: Billing) -> Party:
    where = [billing.street, f"{billing.postcode} {billing.city}"]
    country = billing.partner.country
    return _party(billing.name, where, country, billing.register_number, billing.vat_number)


def customer(booking: Booking) -> Party:
    """Who booked, at the address of the visit."""
    contact = BookingContact.objects.filter(booking=booking).first()
    name = (contact.name if contact else "") or (booking.customer.name if booking.customer else "")
    lines = [contact.street if contact else "", f"{booking.postcode} {booking.city}".strip()]
    return _party(name, lines, booking.country)


def language_of(profile: PartnerProfile) -> str:
    """The language of whoever looks after the partner's papers."""
    if profile.owner is not None:
        return profile.owner.language
    first = profile.technicians.select_related("user").order_by("pk").first()
    return first.user.language if first else settings.LANGUAGE_CODE


def _party(name: str, lines: list[str], country: str, register: str = "", vat: str = "") -> Party:
    return {
        "name": name,
        "lines": [one for one in lines if one],
        "country": country,
        "register": register,
        "vat": vat,
    }
