"""One text message is one part of 160 signs of the telephone's alphabet (fault S6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import gsm


@pytest.mark.parametrize(
    ("words", "signs", "parts"),
    [
        ("a" * 160, 160, 1), ("a" * 161, 161, 2), ("é" * 160, 160, 1), ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("[", 2, 1), ("", 0, 1), ("a" * 304, 304, 2), ("a" * 305, 305, 3),
    ],
)  # fmt: skip
def test_signs_and_parts(words, signs, parts):
    assert (gsm.length(words), gsm.parts(words)) == (signs, parts)


@pytest.mark.parametrize(
    ("words", "folded"),
    [
        ("C’est prêt à Genève, où ça ?", "C'est pret à Genève, où ca ?"),
        ("Grüezi, Straße", "Grüezi, Straße"),
        ("« œuf » – 5\N{NARROW NO-BREAK SPACE}€…", '" oeuf " - 5 €...'),
        ("Łódź 漢", "?ódz ?".replace("ó", "o")),
    ],
)
def test_other_signs_are_folded(words, folded):
    assert gsm.folded(words) == folded


def test_a_letter_outside_the_alphabet_is_not_counted_silently():
    with pytest.raises(ValueError, match="ê"):
        gsm.length("ê")


@given(st.text(max_size=400), st.sampled_from(["", "https://www.mila.example/b/" + "x" * 43 + "/"]))
def test_always_one_part_that_ends_in_its_address(words, end):
    text = gsm.fitted(words, end)

    assert gsm.parts(text) == 1
    assert text.endswith(end)
