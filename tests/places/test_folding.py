import pytest

from places.folding import fold


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Saint-Étienne", "saint etienne"),
        ("ST ETIENNE", "saint etienne"),
        ("St. Moritz", "saint moritz"),
        ("Ste-Foy-lès-Lyon", "sainte foy les lyon"),
        ("Œuilly", "oeuilly"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("  Zürich  ", "zurich"),
        ("", ""),
    ],
)
def test_spellings_of_one_town_fold_alike(typed, folded):
    assert fold(typed) == folded
