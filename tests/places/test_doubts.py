"""What is asked about a typed postcode and town before a visit is planned there (rule B5)."""

import pytest
from django.utils import translation

from places.actions import load_gazetteer
from places.addresses import doubt_about, towns_of
from places.gazetteer import Entry
from places.geocoding import OutsideServiceArea, UnknownPostcode

pytestmark = pytest.mark.django_db
ROWS = [
    ("FR", "69001", "69", "Lyon 1er Arrondissement", ""),
    ("FR", "69007", "69", "Lyon 7e Arrondissement", ""),
    ("FR", "75001", "75", "Paris 1er Arrondissement", ""),
    ("FR", "13001", "13", "Marseille 1er Arrondissement", ""),
    ("FR", "59000", "59", "Lille", ""),
    ("FR", "76600", "76", "Le Havre", ""),
    ("FR", "02160", "02", "Beaurieux", "Cuiry-lès-Chaudardes|Maizy|Œuilly"),
    ("CH", "8001", "ZH", "Zürich", ""),
    ("CH", "1204", "GE", "Genève", ""),
]


@pytest.fixture(autouse=True)
def gazetteer(db):
    load_gazetteer([Entry(*row, 47.0, 5.0, "town") for row in ROWS])
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("code", "city", "country"),
    [
        ("69007", "Lyon", "FR"),
        ("69007", "LYON 7", "FR"),
        ("69001", "Lyon 1er Arrondissement", "FR"),
        ("76600", "Havre", "FR"),
        ("76600", "le havre", "FR"),
        ("02160", "Maizy", "FR"),
        ("02160", "OEuilly", "FR"),
        ("02160", "Hameau de la Source", "FR"),  # no town of the table: a hamlet
        ("02160", "", "FR"),
        ("8001", "Zurich", "CH"),
        ("1204", "Genf", "CH"),  # another language's name
        ("FR-69007", "Lyon", "FR"),
    ],
)
def test_what_agrees_is_not_asked_about(code, city, country):
    assert doubt_about(code, city, country) is None


@pytest.mark.parametrize(
    ("code", "city", "country", "sentence", "labels"),
    [
        ("69001", "Paris", "FR", "69001 is Lyon 1er Arrondissement, not Paris. Which one is right?",
         ["69001 Lyon 1er Arrondissement", "75001 Paris 1er Arrondissement"]),
        ("13001", "Lille", "FR", "13001 is Marseille 1er Arrondissement, not Lille. Which one is "
                                 "right?",
         ["13001 Marseille 1er Arrondissement", "59000 Lille"]),
        ("69301", "LYON CEDEX 07", "FR", "A Cedex code is for letters only. Which one is the "
                                         "town’s own?",
         ["69001 Lyon 1er Arrondissement", "69007 Lyon 7e Arrondissement"]),
        ("8001", "Zürich", "FR", "8001 is Zürich, in Switzerland. France was chosen.",
            ["8001 Zürich"]),
        ("69007", "Lyon", "CH", "69007 is Lyon 7e Arrondissement, in France. Switzerland was "
                                "chosen.",
         ["69007 Lyon 7e Arrondissement"]),
    ],
)  # fmt: skip
def test_what_is_asked_and_what_may_be_meant(code, city, country, sentence, labels):
    doubt = doubt_about(code, city, country)

    assert (doubt.sentence, [one.label for one in doubt.suggestions]) == (sentence, labels)


def test_every_town_of_a_code_what_was_typed_first():
    assert [one.town for one in towns_of("02160", "maizy", "FR")] == [
        "Maizy", "Beaurieux", "Cuiry-lès-Chaudardes", "Œuilly",
    ]  # fmt: skip
    assert towns_of("0216", "", "FR") == []


@pytest.mark.parametrize("code", ["97400", "98000"])
def test_where_nobody_works_is_said_and_nothing_else(code):
    with pytest.raises(OutsideServiceArea):
        doubt_about(code, "Saint-Denis", "FR")


@pytest.mark.parametrize(("code", "country"), [("99999x", "FR"), ("800", "CH"), ("", "FR")])
def test_code_that_leads_nowhere(code, country):
    with pytest.raises(UnknownPostcode):
        doubt_about(code, "Lyon", country)
