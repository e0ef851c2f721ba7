"""A misspelt geocoder stops the start, not the first customer."""

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
