"""A misspelt geocoder or service stops the start, not the first customer."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, register

from places.geocoders import build


@register
def geocoders_are_known(app_configs, **kwargs):
    found = []
    for name in settings.GEOCODERS:
        try:
            build(name)
        except (TypeError, ValueError) as error:  # the first: an address for one that takes none
            found.append(Error(str(error), id="places.E001"))
    return found


@register
def services_of_streets_are_addresses(app_configs, **kwargs):
    """By https where customers are: what they type goes there."""
    taken = ("https",) if settings.PRODUCTION else ("https", "http")
    found = []
    for name in ("STREETS_FR_URL", "STREETS_CH_URL"):
        address = urlsplit(getattr(settings, name))
        if any(address) and (address.scheme not in taken or not address.netloc):
            words = f"{name} is no address that begins with {' or '.join(taken)}."
            found.append(Error(words, id="places.E002"))
    return found
