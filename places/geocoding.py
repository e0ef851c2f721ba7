"""From an address to a place: online geocoders in the order of settings.GEOCODERS, the first answer
wins.

Behind them stands the gazetteer. Rule B4, B5: an address outside the service area is refused with a
sentence; where nothing is found, the customer picks the postcode
(places.gazetteer.suggest_postcodes). No call goes out while a transaction is open, and none is
waited for beyond CHAIN_S.
"""

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from geopy.adapters import BaseSyncAdapter, RequestsAdapter
from geopy.exc import GeocoderTimedOut, GeopyError
from geopy.geocoders import BANFrance as GeopyBANFrance
from geopy.geocoders import Nominatim as GeopyNominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point

from mila.errors import Refusal
from places.distance import metres
from places.folding import fold
from places.gazetteer import Entry, table
from places.models import GeocodedAddress
from places.place import TIME_ZONES, Country, Place, Precision

logger = logging.getLogger(__name__)
logging.getLogger("geopy").setLevel(logging.WARNING)  # its information lines hold addresses

CALL_S = 2.0  # to connect, and again to be answered
CHAIN_S = 4.5  # all online geocoders together
TOO_FAR_M = 40_000  # an answer this far from its own postcode is a namesake
MIN_SCORE = 0.5
OWN_POINT = frozenset({Precision.ADDRESS.value, Precision.STREET.value})


class UnknownPostcode(Refusal):
    sentence = _("We do not know this postcode. Please check it, or choose it from the list.")


class OutsideServiceArea(Refusal):
    sentence = _("Mila works in metropolitan France and in Switzerland only.")


OVERSEAS = _("Mila does not work in the overseas territories yet.")
MONACO = _("Mila does not work in Monaco yet.")
LIECHTENSTEIN = _("Mila does not work in Liechtenstein yet.")
ABROAD = _(
    "This place has a Swiss postcode but lies outside Switzerland. Mila does not work there."
)

CODE = {"FR": re.compile(r"[0-9]{5}"), "CH": re.compile(r"[1-9][0-9]{3}")}
# First match wins: Monaco's codes lie among the overseas ones.
REFUSED = {
    "FR": ((re.compile("980"), MONACO), (re.compile("9[78]"), OVERSEAS)),
    "CH": ((re.compile("94[89]"), LIECHTENSTEIN), (re.compile("6911|8238"), ABROAD)),
}


def locate(street: str, postcode: str, city: str, country: str) -> Place:
    """The place of an address. Raises UnknownPostcode or OutsideServiceArea; never inside a
    transaction.
    """
    country = country.strip().upper()
    code = served_postcode(postcode, country)
    entry = table().get(country, code)
    answer = _own_point(street, code, city, country, entry) if street.strip() else None
    if entry is None and answer is None:
        raise UnknownPostcode
    found = answer or entry
    near = entry or table().nearest(country, answer.lat, answer.lon)
    return Place(
        country=country,
        postcode=code,
        city=city.strip() or found.name,
        lat=found.lat,
        lon=found.lon,
        precision=found.precision,
        timezone=TIME_ZONES[country],
        region=near.region if near else "",
    )


def served_postcode(postcode: str, country: str) -> str:
    """The code as the post writes it, or a refusal."""
    if country not in Country.values:
        raise OutsideServiceArea
    code = re.sub(r"\s", "", postcode).upper()
    code = re.sub(r"^(?:FR?|CH)-?(?=[0-9])", "", code)
    for pattern, sentence in REFUSED[country]:
        if CODE[country].fullmatch(code) and pattern.match(code):
            raise OutsideServiceArea(sentence)
    if not CODE[country].fullmatch(code):
        raise UnknownPostcode
    return code


# --- What a geocoder answers


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


# --- The chain


@dataclass
class Breaker:
    """After three failures in a row a geocoder is left alone for a minute: its trouble is not every
    customer's.
    """

    failures: int = 0
    resting_until: float = 0.0

    LIMIT = 3
    REST_S = 60

    def is_resting(self) -> bool:
        return time.monotonic() < self.resting_until

    def note(self, *, failed: bool) -> None:
        self.failures = self.failures + 1 if failed else 0
        if self.failures >= self.LIMIT:
            self.failures, self.resting_until = 0, time.monotonic() + self.REST_S


_breakers: dict[str, Breaker] = {}
# A time-out of sockets does not bound a name look-up or a trickling answer; leaving the thread
# behind does.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="geocoding")


def _own_point(
    street: str, code: str, city: str, country: str, entry: Entry | None
) -> Answer | None:
    """The point of the address itself, from the cache or an online geocoder; None where the
    postcode must do.
    """
    address = Address(street.strip(), code, city.strip(), country)
    names = [name for name in settings.GEOCODERS if country in build(name).countries]
    if not names:
        return None
    # raises inside an open transaction: a slow geocoder would hold its locks
    with transaction.atomic(durable=True):
        kept = GeocodedAddress.objects.filter(country=country, address_hash=address.hash()).first()
    if kept:
        return Answer(kept.lat, kept.lon, kept.precision, kept.label)
    answer = ask(names, address, near=entry)
    if answer and answer.precision in OWN_POINT:
        GeocodedAddress.objects.bulk_create([_kept(address, answer)], ignore_conflicts=True)
        return answer
    return answer if entry is None else None


def ask(names: list[str], address: Address, *, near: Entry | None) -> Answer | None:
    """The first answer of the chain that lies near its own postcode.

    What fails or takes too long is passed over.
    """
    until = time.monotonic() + CHAIN_S
    for name in names:
        breaker = _breakers.setdefault(name, Breaker())
        if breaker.is_resting():
            continue
        try:
            answer = _one_answer(name, address, until - time.monotonic())
        # the last three: an answer of another shape
        except (GeopyError, LookupError, TypeError, ValueError) as error:
            logger.warning("geocoder %s gave no answer: %s", name, type(error).__name__)
            breaker.note(failed=True)
            continue
        breaker.note(failed=False)
        if answer and (
            near is None or metres(near.lat, near.lon, answer.lat, answer.lon) <= TOO_FAR_M
        ):
            return answer
    return None


def _one_answer(name: str, address: Address, seconds: float) -> Answer | None:
    geocoder = build(name)
    if isinstance(geocoder, Gazetteer):
        return geocoder.answer(address)
    call = _threads.submit(geocoder.answer, address)
    try:
        return call.result(timeout=max(0.0, seconds))
    except TimeoutError:
        call.cancel()
        raise GeocoderTimedOut from None


def _kept(address: Address, answer: Answer) -> GeocodedAddress:
    return GeocodedAddress(
        country=address.country,
        address_hash=address.hash(),
        lat=answer.lat,
        lon=answer.lon,
        precision=answer.precision,
        label=answer.name[:100],
    )
