import pytest

from places.gazetteer import suggest_postcodes

pytestmark = pytest.mark.usefixtures("gazetteer")


def labels(*args, **kwargs):
    return [suggestion.label for suggestion in suggest_postcodes(*args, **kwargs)]


def test_beginning_of_a_code():
    assert labels("7501") == ["75011 Paris 11e Arrondissement", "75012 Paris 12e Arrondissement"]


def test_code_of_both_countries_is_told_apart_by_country():
    assert labels("7", "CH") == ["7500 St. Moritz"]
    assert labels("7")[0] == "71150 Chagny"


@pytest.mark.parametrize("typed", ["gen", "GENÈVE", "genè"])
def test_beginning_of_a_town_in_any_spelling(typed):
    assert labels(typed) == ["1204 Genève"]


def test_saint_is_found_abbreviated():
    assert labels("st-et") == ["42000 Saint-Étienne"]


def test_article_may_be_left_out():
    assert labels("havre") == labels("le havre") == ["76600 Le Havre"]


def test_lesser_town_of_a_code_is_shown_by_its_own_name():
    assert labels("barre") == ["48400 Barre-des-Cévennes"]


def test_main_towns_come_before_lesser_ones():
    assert labels("paris") == [
        "75011 Paris 11e Arrondissement",
        "75012 Paris 12e Arrondissement",
        "71150 Paris-l'Hôpital",
    ]


def test_code_and_town_narrow_each_other():
    assert labels("71 paris") == ["71150 Paris-l'Hôpital"]


def test_limit():
    assert len(labels("7", limit=2)) == 2


@pytest.mark.parametrize("typed", ["", "  ", "'", "nowhere at all", "99999"])
def test_nothing_is_found(typed):
    assert labels(typed) == []
