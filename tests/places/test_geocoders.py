"""Each geocoder against what its service is documented to answer; no network."""

from urllib.parse import parse_qs, urlsplit

import pytest
from geopy.adapters import AdapterHTTPError
from geopy.exc import GeocoderServiceError

from places.checks import geocoders_are_known
from places.geocoders import Address, Answer, Gazetteer, GeoAdmin, Nominatim, build

OBERKAMPF = Address("12 rue Oberkampf", "75011", "Paris", "FR")
BOURG = Address("Rue de Bourg 1", "1003", "Lausanne", "CH")


class Wire:
    """In the place of a network: answers one document, remembers what was asked."""

    def __init__(self, document):
        self.document = document

    def get_json(self, url, *, timeout, headers):
        self.url, self.timeout, self.headers = urlsplit(url), timeout, headers
        if isinstance(self.document, Exception):
            raise self.document
        return self.document

    @property
    def asked(self):
        return {name: values[0] for name, values in parse_qs(self.url.query).items()}


@pytest.fixture
def wire(monkeypatch):
    def connect(name, document):
        geocoder, adapter = build(name), Wire(document)
        monkeypatch.setattr(geocoder, "adapter", adapter)
        return geocoder, adapter

    return connect


def ban(**facts):
    facts = {
        "type": "housenumber",
        "score": 0.9,
        "postcode": "75011",
        "city": "Paris",
        "label": "12 Rue",
        **facts,
    }
    return {"features": [{"geometry": {"coordinates": [2.379, 48.8587]}, "properties": facts}]}


def test_ban_is_asked_at_the_geoplateforme_with_short_time_outs(wire):
    geocoder, adapter = wire("ban", ban())

    assert geocoder.answer(OBERKAMPF) == Answer(48.8587, 2.379, "address", "Paris")
    assert adapter.url.netloc + adapter.url.path == "data.geopf.fr/geocodage/search"
    assert adapter.asked == {"q": "12 rue Oberkampf, 75011 Paris", "limit": "1"}
    assert adapter.timeout <= 3
    assert adapter.headers["User-Agent"].startswith("Mila (")


@pytest.mark.parametrize(
    ("kind", "precision"), [("street", "street"), ("locality", "street"), ("municipality", "town")]
)
def test_ban_s_kinds_become_precisions(wire, kind, precision):
    geocoder, _ = wire("ban", ban(type=kind))

    assert geocoder.answer(OBERKAMPF).precision == precision


@pytest.mark.parametrize(
    "document", [ban(score=0.3), ban(postcode="75012"), ban(type="planet"), {"features": []}]
)
def test_ban_s_guess_is_no_answer(wire, document):
    geocoder, _ = wire("ban", document)

    assert geocoder.answer(OBERKAMPF) is None


def test_refused_call_is_a_geopy_error(wire):
    geocoder, _ = wire("ban", AdapterHTTPError("no", status_code=500, headers={}, text=""))

    with pytest.raises(GeocoderServiceError):
        geocoder.answer(OBERKAMPF)


def swisstopo(**facts):
    facts = {
        "label": "Rue de Bourg 1 <b>1003 Lausanne</b>",
        "lat": 46.5194,
        "lon": 6.6345,
        "origin": "address",
        **facts,
    }
    return {"results": [{"attrs": facts}]}


def test_swisstopo_answers_a_house(wire):
    geocoder, adapter = wire("geoadmin", swisstopo())

    assert geocoder.answer(BOURG) == Answer(46.5194, 6.6345, "address", "Lausanne")
    assert adapter.url.netloc == "api3.geo.admin.ch"
    assert adapter.asked["searchText"] == "Rue de Bourg 1, 1003 Lausanne"
    assert adapter.asked["sr"] == "4326"


@pytest.mark.parametrize(
    "document",
    [
        {"results": []},
        {},
        swisstopo(origin="gg25"),
        swisstopo(label="Rue de Bourg 1 <b>1950 Sion</b>"),
    ],
)
def test_swisstopo_s_guess_is_no_answer(wire, document):
    geocoder, _ = wire("geoadmin", document)

    assert geocoder.answer(BOURG) is None


def test_swisstopo_answers_all_it_found_when_asked(wire):
    geocoder, _ = wire("geoadmin", swisstopo())

    assert [place.address for place in geocoder.geocode("x", exactly_one=False)] == [
        "Rue de Bourg 1 1003 Lausanne"
    ]
    wire("geoadmin", {"results": []})
    assert geocoder.geocode("x", exactly_one=False) is None


def osm(rank, **facts):
    address = {"postcode": "75011", "city": "Paris", **facts}
    return [
        {
            "lat": "48.8587",
            "lon": "2.379",
            "display_name": "12",
            "place_rank": rank,
            "address": address,
        }
    ]


@pytest.mark.parametrize(("rank", "precision"), [(30, "address"), (26, "street"), (16, "town")])
def test_nominatim_s_ranks_become_precisions(wire, rank, precision):
    geocoder, adapter = wire("nominatim@geo.mila.example", osm(rank))

    assert geocoder.answer(OBERKAMPF) == Answer(48.8587, 2.379, precision, "Paris")
    assert adapter.url.netloc == "geo.mila.example"
    assert adapter.asked["countrycodes"] == "fr"


@pytest.mark.parametrize("document", [[], osm(30, postcode="75012")])
def test_nominatim_s_guess_is_no_answer(wire, document):
    geocoder, _ = wire("nominatim@geo.mila.example", document)

    assert geocoder.answer(OBERKAMPF) is None


def test_public_nominatim_is_refused():
    with pytest.raises(ValueError, match="instance of your own"):
        Nominatim()


@pytest.mark.usefixtures("gazetteer")
class TestGazetteer:
    def test_postcode_in_a_text(self):
        place = Gazetteer().geocode("1003 rue Oberkampf, 75011 Paris", country="FR")

        assert (place.latitude, place.longitude) == (48.85900, 2.37810)
        assert place.raw["precision"] == "town"

    def test_town_where_there_is_no_postcode(self):
        assert Gazetteer().geocode("Rue de Bourg 1, Lausanne").address == "1003 Lausanne, CH"

    def test_number_of_both_countries_gives_both(self):
        assert len(Gazetteer().geocode("1003, 75011", exactly_one=False)) == 2

    def test_nothing(self):
        assert Gazetteer().geocode("nowhere") is None
        assert Gazetteer().geocode("", exactly_one=False) is None

    def test_as_a_link_of_the_chain(self):
        assert build("gazetteer").answer(BOURG) == Answer(46.51600, 6.63282, "town", "Lausanne")

    def test_it_makes_no_call(self):
        with pytest.raises(NotImplementedError):
            Gazetteer().adapter.get_json("https://mila.example", timeout=1, headers={})


def test_answer_in_another_shape_is_an_error_of_lookup(wire):
    geocoder, _ = wire("geoadmin", {"results": [{}]})

    with pytest.raises(LookupError):
        GeoAdmin.answer(geocoder, BOURG)


def test_misspelt_geocoder_stops_the_start(settings):
    settings.GEOCODERS = ["ban", "banana", "nominatim", "gazetteer@mila.example"]

    found = [problem.msg for problem in geocoders_are_known(None)]

    assert len(found) == 3
    assert found[0].startswith("GEOCODERS: banana is not one of")
