"""Which of the two countries a visitor sees prices for: their choice, kept in the session; else a guess by language."""

from places.place import Country

COUNTRIES = frozenset(Country.values)
KEY = "country"


def chosen_country(request) -> str:
    """ "FR" or "CH". `?country=` chooses and is remembered; before any choice German readers see Switzerland."""
    asked = request.GET.get(KEY, "")
    if asked in COUNTRIES:
        if request.session.get(KEY) != asked:
            request.session[KEY] = asked
        return asked
    kept = request.session.get(KEY)
    if kept in COUNTRIES:
        return kept
    return Country.CH if request.LANGUAGE_CODE.startswith("de") else Country.FR
