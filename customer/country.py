"""Which of the two countries a visitor sees prices for: their choice or address, kept in the
session; else a guess.

The guess asks where the browser says it is at home ("it-CH"), never which language is read: Italian
is spoken in Ticino, French in Geneva, and German is read in Alsace.
"""

import re

from places.place import Country

COUNTRIES = frozenset(Country.values)
KEY = "country"
REGION = re.compile(r"\s*[a-z]{2,3}(?:-[a-z]{4})?-([a-z]{2})\b", re.IGNORECASE)
LONGEST = 200


def chosen_country(request) -> str:
    """ "FR" or "CH". `?country=` chooses and is remembered, as is the address that was typed."""
    asked = request.GET.get(KEY, "")
    if asked in COUNTRIES:
        remember_country(request, asked)
        return asked
    kept = request.session.get(KEY)
    return kept if kept in COUNTRIES else _at_home(request.headers.get("Accept-Language", ""))


def remember_country(request, country: str) -> None:
    if request.session.get(KEY) != country:
        request.session[KEY] = country


def _at_home(wishes: str) -> str:
    """The region of the first wish that names one of ours; France where none does."""
    regions = (REGION.match(wish) for wish in wishes[:LONGEST].split(","))
    named = (found[1].upper() for found in regions if found)
    return next((region for region in named if region in COUNTRIES), Country.FR)
