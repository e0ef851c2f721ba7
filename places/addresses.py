"""What is odd about a typed postcode and town, asked before anything is looked up (rule B5).

Reads the table alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from places.folding import fold
from places.gazetteer import ARTICLE, Entry, Suggestion, table
from places.geocoding import CODE, UnknownPostcode, served_postcode
from places.place import Country

MOST = 60  # towns of one code: 46 in France
PLAIN = 3  # letters: fewer name no town
NAMESAKES = 24  # Paris has 21 codes
CEDEX = re.compile(r"\bcedex\b.*", re.IGNORECASE)


@dataclass(frozen=True)
class Doubt:
    """A question in a sentence, and what may be meant, likeliest first."""

    sentence: str
    suggestions: list[Suggestion]


def doubt_about(postcode: str, city: str, country: str) -> Doubt | None:
    """What must be asked about postcode and town; None where they agree, or only the postcode is
    known.

    Raises OutsideServiceArea for a code where nobody works, UnknownPostcode for one that leads
    nowhere.
    """
    try:
        code = served_postcode(postcode, country)
    except UnknownPostcode:
        if there := _across_the_border(postcode, country):
            return there
        raise
    entry, town = table().get(country, code), _without_cedex(city)
    if town != city.strip():
        found = _named(town, country, code[:2])
        return (
            Doubt(gettext("A Cedex code is for letters only. Which one is the town’s own?"), found)
            if found
            else None
        )
    if entry is None or not town or any(_is_meant(town, name) for name in entry.all_towns()):
        return None
    namesakes = _named(town, country)
    if not namesakes:
        return None  # a hamlet, a quarter, a name in another language
    sentence = gettext("%(code)s is %(town)s, not %(typed)s. Which one is right?")
    told = {"code": code, "town": entry.name, "typed": town}
    return Doubt(sentence % told, [*towns_of(code, "", country), *namesakes])


def is_town_of(code: str, city: str, country: str) -> bool:
    """Whether what was typed names a town of that whole code: then nothing is to be asked."""
    entry = table().get(country, code.strip())
    if entry is None:
        return False
    towns = entry.all_towns()
    if len(towns) == 1 and len(fold(city)) >= PLAIN:
        return _is_meant(city, towns[0])  # "Lyon" where the code is a quarter's
    return fold(city) in {fold(town) for town in towns}


def towns_of(code: str, city: str, country: str) -> list[Suggestion]:
    """Every town of a whole code, what was typed first; nothing for a part of one."""
    entry = table().get(country, code)
    if entry is None:
        return []
    towns = sorted(entry.all_towns(), key=lambda town: not (city and _is_meant(city, town)))
    return [Suggestion(country, code, town) for town in towns[:MOST]]


def _across_the_border(postcode: str, country: str) -> Doubt | None:
    """A code of the other country."""
    digits = re.sub(r"\s", "", postcode)
    for other in Country.values:
        entry = table().get(other, digits)
        if other != country and CODE[other].fullmatch(digits) and entry:
            sentence = _SWISS if other == Country.CH else _FRENCH
            return Doubt(
                sentence % {"code": digits, "town": entry.name},
                [Suggestion(other, digits, entry.name)],
            )
    return None


_SWISS = _("%(code)s is %(town)s, in Switzerland. France was chosen.")
_FRENCH = _("%(code)s is %(town)s, in France. Switzerland was chosen.")


def _without_cedex(city: str) -> str:
    return CEDEX.sub("", city).strip()


def _is_meant(typed: str, town: str) -> bool:
    """ "Lyon" for one of its quarters, "Havre" for Le Havre, "Le Mans Cedex" for Le Mans."""
    said, name = fold(typed), fold(town)
    return (
        name.startswith(said)
        or said.startswith(name)
        or ARTICLE.sub("", name).startswith(ARTICLE.sub("", said))
    )


def _named(town: str, country: str, department: str = "") -> list[Suggestion]:
    """Codes of the towns of just this name."""
    found = dict.fromkeys(_all_named(fold(town), country, department))
    return sorted(found, key=lambda one: one.code)[:NAMESAKES]


def _all_named(name: str, country: str, department: str) -> Iterator[Suggestion]:
    for line in table().starting_with_name(name) if name else ():
        entry: Entry = line.entry
        whole = line.folded == name or re.match(rf"{re.escape(name)} \d", line.folded)  # Paris 11e
        if whole and entry.country == country and entry.code.startswith(department):
            yield Suggestion(country, entry.code, line.town)
