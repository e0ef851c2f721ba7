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

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from geopy.exc import GeocoderTimedOut, GeopyError

from mila.errors import Refusal
from places.distance import metres
from places.gazetteer import Entry, table
from places.geocoders import Address, Answer, Gazetteer, build
from places.models import GeocodedAddress
from places.place import TIME_ZONES, Country, Place, Precision

logger = logging.getLogger(__name__)

CHAIN_S = 4.5  # all online geocoders together
TOO_FAR_M = 40_000  # an answer this far from its own postcode is a namesake
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
