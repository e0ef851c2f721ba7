import hypothesis
import pytest

from places import geocoding
from places.actions import load_gazetteer
from places.gazetteer import Entry
from places.place import Precision

hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")

ENTRIES = [
    Entry(
        "FR", "75011", "75", "Paris 11e Arrondissement", "", 48.85900, 2.37810, Precision.TOWN.value
    ),
    Entry(
        "FR", "75012", "75", "Paris 12e Arrondissement", "", 48.84110, 2.38760, Precision.TOWN.value
    ),
    Entry(
        "FR",
        "71150",
        "71",
        "Chagny",
        "Paris-l'Hôpital|Fontaines",
        46.90900,
        4.75200,
        Precision.TOWN.value,
    ),
    Entry("FR", "76600", "76", "Le Havre", "", 49.49380, 0.10770, Precision.TOWN.value),
    Entry("FR", "42000", "42", "Saint-Étienne", "", 45.43390, 4.38970, Precision.TOWN.value),
    Entry("FR", "67000", "67", "Strasbourg", "", 48.58392, 7.74553, Precision.TOWN.value),
    Entry(
        "FR",
        "48400",
        "48",
        "Florac Trois Rivières",
        "Barre-des-Cévennes",
        44.3,
        3.6,
        Precision.DISTRICT.value,
    ),
    Entry("CH", "1003", "VD", "Lausanne", "", 46.51600, 6.63282, Precision.TOWN.value),
    Entry("CH", "1204", "GE", "Genève", "", 46.20222, 6.14569, Precision.TOWN.value),
    Entry("CH", "7500", "GR", "St. Moritz", "", 46.49437, 9.84327, Precision.TOWN.value),
]


@pytest.fixture
def gazetteer(db):
    """Ten postcodes; the map of the tests."""
    load_gazetteer(ENTRIES)


@pytest.fixture(autouse=True)
def rested_geocoders():
    """No test inherits another's breakers."""
    geocoding._breakers.clear()
