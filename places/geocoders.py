"""The geocoders by their names: the offline gazetteer, and the online ones of each country."""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import urlencode

from django.conf import settings
from django.utils.crypto import salted_hmac
from geopy.adapters import BaseSyncAdapter, RequestsAdapter
from geopy.geocoders import BANFrance as GeopyBANFrance
from geopy.geocoders import Nominatim as GeopyNominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point

from places.folding import fold
from places.gazetteer import Entry, table
from places.place import Country, Precision

logging.getLogger("geopy").setLevel(logging.WARNING)  # its information lines hold addresses

CALL_S = 2.0  # to connect, and again to be answered
MIN_SCORE = 0.5


@dataclass(frozen=True)
class Answer:
    lat: float
    lon: float
    precision: str
    name: str  # the town


@dataclass(frozen=True)
class Address:
    street: str
    postcode: str
    city: str
    country: str

    def __str__(self) -> str:
        return f"{self.street}, {self.postcode} {self.city}".strip()

    def hash(self) -> str:
        """What the answer is kept under: without the key nobody can tell which address it was."""
        folded = "|".join(fold(part) for part in (self.street, self.postcode, self.city))
        return salted_hmac("places.geocoding", folded, algorithm="sha256").hexdigest()


def _one_or_all(places: list[Location], exactly_one: bool):
    """As geopy's own geocoders answer."""
    if exactly_one:
        return places[0] if places else None
    return places or None


class _NoNetwork(BaseSyncAdapter):
    def get_text(self, url, *, timeout, headers):
        raise NotImplementedError("The gazetteer makes no calls.")

    get_json = get_text


def _online(**options) -> dict:
    """One attempt for each call: the chain is the retry."""
    adapter = partial(RequestsAdapter, max_retries=0)
    return {
        "timeout": CALL_S,
        "user_agent": f"Mila ({settings.SITE_URL})",
        "adapter_factory": adapter,
        **options,
    }


class Gazetteer(Geocoder):
    """Offline: the postcode in a text, else the town named last in it, looked up in the table."""

    countries = frozenset(Country.values)

    def __init__(self):
        super().__init__(adapter_factory=_NoNetwork)

    def geocode(self, query, *, country=None, exactly_one=True, timeout=DEFAULT_SENTINEL):
        places = [
            self._place(entry)
            for each in ([country] if country else Country.values)
            if (entry := self._entry(query, each))
        ]
        return _one_or_all(places, exactly_one)

    @staticmethod
    def _entry(query: str, country: str) -> Entry | None:
        # The house number stands before the postcode, so the last number that is one counts.
        for code in reversed(re.findall(r"\d+", query)):
            if entry := table().get(country, code):
                return entry
        town = fold(query.rpartition(",")[2])
        lines = (line for line in table().starting_with_name(town) if town and line.folded == town)
        return next((line.entry for line in lines if line.entry.country == country), None)

    @staticmethod
    def _place(entry: Entry) -> Location:
        raw = {
            "precision": entry.precision,
            "town": entry.name,
            "postcode": entry.code,
            "country": entry.country,
        }
        return Location(
            f"{entry.code} {entry.name}, {entry.country}", Point(entry.lat, entry.lon), raw
        )

    def answer(self, address: Address) -> Answer | None:
        place = self.geocode(str(address), country=address.country)
        return place and Answer(
            place.latitude, place.longitude, place.raw["precision"], place.raw["town"]
        )


class BANFrance(GeopyBANFrance):
    """The national address base, as IGN serves it."""

    countries = frozenset({Country.FR.value})
    precisions = {
        "housenumber": Precision.ADDRESS,
        "street": Precision.STREET,
        "locality": Precision.STREET,
        "municipality": Precision.TOWN,
    }

    def __init__(self, *, domain="data.geopf.fr/geocodage", **options):
        super().__init__(domain=domain, **_online(**options))

    def answer(self, address: Address) -> Answer | None:
        place = self.geocode(str(address), limit=1)
        if place is None:
            return None
        facts = place.raw["properties"]
        precision = self.precisions.get(facts["type"])
        if (
            precision is None
            or facts["score"] < MIN_SCORE
            or facts.get("postcode") != address.postcode
        ):
            return None
        return Answer(place.latitude, place.longitude, precision.value, facts.get("city", ""))


class GeoAdmin(Geocoder):
    """The search of the Swiss federal geoportal (swisstopo)."""

    countries = frozenset({Country.CH.value})
    precisions = {"address": Precision.ADDRESS, "zipcode": Precision.TOWN}

    def __init__(self, *, domain="api3.geo.admin.ch", **options):
        super().__init__(**_online(**options))
        self.address = f"{self.scheme}://{domain.strip('/')}/rest/services/api/SearchServer"

    def geocode(self, query, *, exactly_one=True, timeout=DEFAULT_SENTINEL):
        asked = {
            "searchText": query,
            "type": "locations",
            "origins": "address,zipcode",
            "sr": 4326,
            "limit": 1,
        }
        url = f"{self.address}?{urlencode(asked)}"
        return self._call_geocoder(
            url, partial(self._read, exactly_one=exactly_one), timeout=timeout
        )

    @staticmethod
    def _read(document, *, exactly_one):
        found = [hit["attrs"] for hit in document.get("results", [])]
        places = [
            Location(
                re.sub(r"<[^>]*>", "", facts["label"]), Point(facts["lat"], facts["lon"]), facts
            )
            for facts in found
        ]
        return _one_or_all(places, exactly_one)

    def answer(self, address: Address) -> Answer | None:
        place = self.geocode(str(address))
        if place is None:
            return None
        precision = self.precisions.get(place.raw["origin"])
        town = re.search(rf"\b{address.postcode}\b\s*(.*)", place.address)
        if precision is None or town is None:
            return None
        return Answer(place.latitude, place.longitude, precision.value, town[1].strip())


class Nominatim(GeopyNominatim):
    """OpenStreetMap, from an instance of one's own: the public one forbids this use."""

    countries = frozenset(Country.values)

    def __init__(self, *, domain=None, **options):
        if not domain:
            raise ValueError(
                "GEOCODERS: nominatim needs an instance of your own, written "
                "nominatim@its.host.name."
            )
        super().__init__(domain=domain, **_online(**options))

    def answer(self, address: Address) -> Answer | None:
        asked = {"street": address.street, "postalcode": address.postcode, "city": address.city}
        place = self.geocode(asked, country_codes=address.country.lower(), addressdetails=True)
        if place is None:
            return None
        rank, facts = int(place.raw["place_rank"]), place.raw["address"]
        if facts.get("postcode") != address.postcode:
            return None
        precision = (
            Precision.ADDRESS if rank >= 30 else Precision.STREET if rank >= 26 else Precision.TOWN
        )
        town = next(
            (facts[kind] for kind in ("city", "town", "village", "municipality") if kind in facts),
            "",
        )
        return Answer(place.latitude, place.longitude, precision.value, town)


KINDS = {"gazetteer": Gazetteer, "ban": BANFrance, "geoadmin": GeoAdmin, "nominatim": Nominatim}


@lru_cache
def build(name: str) -> Geocoder:
    """A geocoder by its name in settings.GEOCODERS: "ban", or "ban@its.host.name/path" for another
    address of it.
    """
    kind, _at, domain = name.partition("@")
    if kind not in KINDS:
        raise ValueError(f"GEOCODERS: {kind} is not one of {', '.join(KINDS)}.")
    return KINDS[kind](**({"domain": domain} if domain else {}))
