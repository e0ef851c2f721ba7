import pytest
from django.db import transaction
from django.utils import translation
from geopy.exc import GeocoderServiceError, GeocoderTimedOut

from places import geocoding
from places.geocoders import Answer, build
from places.geocoding import OutsideServiceArea, UnknownPostcode, locate
from places.models import GeocodedAddress
from places.place import Place

pytestmark = pytest.mark.usefixtures("gazetteer")
DOOR = Answer(48.8587, 2.3790, "address", "Paris")


@pytest.fixture
def online(settings, monkeypatch):
    """A chain of two geocoders that answer what the test puts in, and what they were asked."""
    settings.GEOCODERS = ["ban", "nominatim@geo.mila.example"]
    asked = []

    def answers(*given):
        for name, answer in zip(settings.GEOCODERS, given, strict=True):

            def reply(address, name=name, answer=answer):
                asked.append(name.partition("@")[0])
                if isinstance(answer, Exception):
                    raise answer
                return answer

            monkeypatch.setattr(build(name), "answer", reply)
        return asked

    return answers


def test_without_geocoders_the_postcode_is_the_place():
    assert locate("12 rue Oberkampf", "75011", "Paris", "FR") == Place(
        country="FR",
        postcode="75011",
        city="Paris",
        lat=48.85900,
        lon=2.37810,
        precision="town",
        timezone="Europe/Paris",
        region="75",
    )


def test_swiss_place_has_its_zone_and_canton():
    place = locate("", "1003", "", "CH")

    assert (place.city, place.timezone, place.region) == ("Lausanne", "Europe/Zurich", "VD")


def test_place_known_only_by_its_district_is_vague():
    assert locate("", "48400", "", "FR").is_vague
    assert not locate("", "75011", "", "FR").is_vague


@pytest.mark.parametrize(
    ("typed", "country"),
    [(" 75 011 ", "FR"), ("F-75011", "FR"), ("FR-75011", "fr"), ("CH-1204", "CH"), ("1204", "ch ")],
)
def test_postcode_may_be_written_in_the_usual_ways(typed, country):
    assert locate("", typed, "", country).postcode in ("75011", "1204")


@pytest.mark.parametrize(
    ("code", "country"),
    [
        ("99999", "FR"),
        ("7501", "FR"),
        ("750111", "FR"),
        ("٧٥٠١١", "FR"),
        ("", "FR"),
        ("AD500", "FR"),
        ("0123", "CH"),
        ("9999", "CH"),
    ],
)
def test_unknown_postcode_is_refused(code, country):
    with pytest.raises(UnknownPostcode):
        locate("", code, "", country)


@pytest.mark.parametrize(
    ("code", "country", "word"),
    [
        ("97110", "FR", "overseas"),
        ("97400", "FR", "overseas"),
        ("98713", "FR", "overseas"),
        ("98000", "FR", "Monaco"),
        ("98099", "FR", "Monaco"),
        ("9490", "CH", "Liechtenstein"),
        ("9485", "CH", "Liechtenstein"),
        ("8238", "CH", "outside Switzerland"),
        ("6911", "CH", "outside Switzerland"),
        ("10115", "DE", "metropolitan France"),
        ("1000", "", "metropolitan France"),
    ],
)
def test_place_outside_the_service_area_is_refused_with_a_sentence(code, country, word):
    with translation.override("en"):
        with pytest.raises(OutsideServiceArea) as refusal:
            locate("", code, "", country)

        assert word in str(refusal.value)


def test_first_answer_wins_and_is_kept(online):
    asked = online(DOOR, None)

    place = locate("12 rue Oberkampf", "75011", "Paris", "FR")
    again = locate("12, RUE OBERKAMPF", "75011", "paris", "FR")

    assert (place.lat, place.lon, place.precision) == (DOOR.lat, DOOR.lon, "address")
    assert (again.lat, again.lon, again.city) == (DOOR.lat, DOOR.lon, "paris")
    assert asked == ["ban"]
    kept = GeocodedAddress.objects.get()
    assert kept.label == str(kept) == "Paris"
    assert "oberkampf" not in kept.address_hash


@pytest.mark.parametrize(
    "failure", [GeocoderTimedOut(), GeocoderServiceError(), KeyError("properties"), None]
)
def test_failure_passes_on_to_the_next(online, failure):
    asked = online(failure, DOOR)

    assert locate("12 rue Oberkampf", "75011", "Paris", "FR").lat == DOOR.lat
    assert asked == ["ban", "nominatim"]


def test_all_silent_leaves_the_postcode(online):
    online(GeocoderTimedOut(), None)

    assert locate("12 rue Oberkampf", "75011", "Paris", "FR").precision == "town"
    assert not GeocodedAddress.objects.exists()


def test_answer_far_from_its_postcode_is_a_namesake(online):
    online(Answer(43.3, 5.4, "address", "Marseille"), None)

    assert locate("12 rue Oberkampf", "75011", "Paris", "FR").lat == 48.85900


def test_town_of_an_online_answer_is_not_better_than_the_postcode(online):
    online(Answer(48.8, 2.4, "town", "Paris"), None)

    assert locate("12 rue Oberkampf", "75011", "Paris", "FR").lat == 48.85900


def test_postcode_new_to_the_table_takes_the_region_of_the_nearest(online):
    online(Answer(48.86, 2.38, "town", "Paris"), None)

    place = locate("1 place Neuve", "75099", "", "FR")

    assert (place.postcode, place.city, place.region, place.precision) == (
        "75099",
        "Paris",
        "75",
        "town",
    )


def test_geocoder_of_another_country_is_not_asked(online):
    asked = online(DOOR, None)

    assert locate("Rue de Bourg 1", "1003", "Lausanne", "CH").precision == "town"
    assert asked == ["nominatim"]


def test_no_street_asks_nobody(online):
    asked = online(DOOR, DOOR)

    locate("  ", "75011", "Paris", "FR")

    assert asked == []


def test_open_transaction_forbids_the_network(online):
    asked = online(DOOR, None)

    with transaction.atomic(), pytest.raises(RuntimeError):
        locate("12 rue Oberkampf", "75011", "Paris", "FR")

    assert asked == []


def test_slow_geocoder_is_left_behind(online, monkeypatch):
    monkeypatch.setattr(geocoding, "CHAIN_S", 0.0)
    online(DOOR, None)
    monkeypatch.setattr(build("ban"), "answer", lambda address: geocoding.time.sleep(0.3))

    assert locate("12 rue Oberkampf", "75011", "Paris", "FR").precision == "town"


def test_geocoder_in_trouble_rests_a_minute(online, monkeypatch):
    asked = online(GeocoderServiceError(), None)
    for number in range(5):
        locate(f"{number} rue Oberkampf", "75011", "Paris", "FR")
    assert asked.count("ban") == 3

    later = geocoding.time.monotonic() + 61
    monkeypatch.setattr(geocoding.time, "monotonic", lambda: later)
    locate("12 rue Oberkampf", "75011", "Paris", "FR")

    assert asked.count("ban") == 4


def test_gazetteer_may_stand_in_the_chain(settings):
    settings.GEOCODERS = ["gazetteer"]

    assert locate("12 rue Oberkampf", "75011", "Paris", "FR").precision == "town"
