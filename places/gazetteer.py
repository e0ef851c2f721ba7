"""The table of postcodes in memory, one copy for each process, read again
when a row has changed.
"""

import csv
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from django.db.models import Max

from places.distance import metres
from places.folding import fold
from places.models import Postcode

CSV = Path(__file__).parent / "data" / "gazetteer.csv"
FIELDS = ("country", "code", "region", "name", "towns", "lat", "lon", "precision")
ARTICLE = re.compile(r"^(?:le|la|les|l) (?=.)")


@dataclass(frozen=True, slots=True)
class Entry:
    country: str
    code: str
    region: str
    name: str
    towns: str
    lat: float
    lon: float
    precision: str

    def all_towns(self) -> list[str]:
        return [self.name, *filter(None, self.towns.split("|"))]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of the picker: the postcode, and the town that was meant by what was typed."""

    country: str
    code: str
    town: str

    @property
    def label(self) -> str:
        return f"{self.code} {self.town}"

    @property
    def value(self) -> str:
        """As the picker sends it."""
        return f"{self.code}|{self.town}|{self.country}"


class NameLine(NamedTuple):
    """One way to find an entry by name."""

    folded: str
    lesser: bool  # not the largest town of its code
    town: str
    entry: Entry


class Table:
    """All entries, by key, and in the order of their codes, of their latitudes and of their towns'
    names.
    """

    def __init__(self, entries: list[Entry]):
        self.entries = {(entry.country, entry.code): entry for entry in entries}
        self.by_code = sorted(entries, key=lambda entry: (entry.code, entry.country))
        self.codes = [entry.code for entry in self.by_code]
        self.by_lat = sorted(entries, key=lambda entry: (entry.lat, entry.lon, entry.code))
        self.lats = [entry.lat for entry in self.by_lat]
        self.by_name = sorted(
            (line for entry in entries for line in _name_lines(entry)),
            key=lambda line: (line.folded, line.lesser, line.entry.code),
        )
        self.names = [line.folded for line in self.by_name]

    def get(self, country: str, code: str) -> Entry | None:
        return self.entries.get((country, code))

    def starting_with_code(self, prefix: str) -> Iterator[Entry]:
        for row in range(bisect_left(self.codes, prefix), len(self.codes)):
            if not self.codes[row].startswith(prefix):
                return
            yield self.by_code[row]

    def starting_with_name(self, prefix: str) -> Iterator[NameLine]:
        for row in range(bisect_left(self.names, prefix), len(self.names)):
            if not self.names[row].startswith(prefix):
                return
            yield self.by_name[row]

    def within(self, *, south: float, west: float, north: float, east: float) -> Iterator[Entry]:
        """Those of a box, in whatever country; from south to north."""
        for row in range(bisect_left(self.lats, south), len(self.lats)):
            entry = self.by_lat[row]
            if entry.lat > north:
                return
            if west <= entry.lon <= east:
                yield entry

    def nearest(self, country: str, lat: float, lon: float) -> Entry | None:
        there = (entry for entry in self.by_code if entry.country == country)
        return min(there, key=lambda entry: metres(lat, lon, entry.lat, entry.lon), default=None)


def _name_lines(entry: Entry) -> Iterator[NameLine]:
    """Every town of the code; "Le Havre" is found as "havre" too."""
    for number, town in enumerate(entry.all_towns()):
        folded = fold(town)
        for name in {folded, ARTICLE.sub("", folded)}:
            yield NameLine(name, number > 0, town, entry)


_held: tuple[object, Table] | None = None


def table() -> Table:
    """The table as it stands in the database; one quick query tells whether
    the copy still holds.
    """
    global _held
    stamp = tuple(Postcode.objects.aggregate(Max("id"), Max("changed_at")).values())
    if _held is None or _held[0] != stamp:
        entries = [Entry(*row) for row in Postcode.objects.values_list(*FIELDS)]
        _held = stamp, Table(entries)
    return _held[1]


def suggest_postcodes(text: str, country: str | None = None, limit: int = 10) -> list[Suggestion]:
    """Postcodes for what somebody has typed so far: the beginning of a code, of a town's name, or
    both (rule B5).
    """
    digits, name = re.fullmatch(r"(\d*)(.*)", fold(text)).groups()
    name = name.strip()
    if not digits and not name:
        return []
    pairs = _by_name(name, digits) if name else _by_code(digits)
    found = dict.fromkeys(
        Suggestion(entry.country, entry.code, town)
        for entry, town in pairs
        if country in (None, entry.country)
    )
    return list(found)[:limit]


def _by_code(digits: str) -> list[tuple[Entry, str]]:
    return [(entry, entry.name) for entry in table().starting_with_code(digits)]


def _by_name(name: str, digits: str) -> list[tuple[Entry, str]]:
    lines = [
        line for line in table().starting_with_name(name) if line.entry.code.startswith(digits)
    ]
    lines.sort(key=lambda line: (line.folded != name, line.lesser, line.folded, line.entry.code))
    return [(line.entry, line.town) for line in lines]


def read_csv(path: Path = CSV) -> list[Entry]:
    with path.open(encoding="utf-8", newline="") as file:
        return [_entry(**row) for row in csv.DictReader(file)]


def _entry(*, lat: str, lon: str, **words: str) -> Entry:
    return Entry(lat=float(lat), lon=float(lon), **words)
