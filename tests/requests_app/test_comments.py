"""Public comments without a way to reach somebody beside Mila (rule L14)."""

import time

import pytest

from requests_app.comments import MASK, without_contact_data

CONTACT = [
    "06 39 98 01 17",
    "+33 6 39 98 01 17",
    "06.39.98.01.17",
    "0 6 3 9 9 8 0 1 1 7",
    "0639980117",
    "06-39-98-01-17",
    "06\u200b39\u200b98\u200b01\u200b17",
    "０６３９９８０１１７",
    "079 123 45 67",
    "zéro six trois neuf neuf huit zéro un un sept",
    "null sieben neun eins zwei drei vier",
    "yanis@example.com",
    "yanis @ example . com",
    "yanis (at) example.com",
    "yanis at example dot com",
    "yanis arobase example point fr",
    "https://example.com/yanis",
    "www.example.com",
    "corvel-services.fr",
    "@yanis.corvel",
    "WhatsApp: yaniscorvel",
    "zéro six, trente-neuf, quatre-vingt-dix-huit, zéro un, dix-sept",
    "zéro six trente neuf quatre vingt dix huit zéro un dix sept",
    "null sechs neununddreissig achtundneunzig null eins siebzehn",
    "null sechs neununddreißig, achtundneunzig, null eins, siebzehn",
    "zero sei trentanove novantotto zero uno diciassette",
    "oh six thirty-nine ninety-eight oh one seventeen",
    "0six 39 98 01 17",
    "O6 39 98 O1 17",
    "o6 39 98 01 l7",
    "06 39 98 puis 01 17 42",
    "+33 six 39 98 01 17",
    "https://www.example.fr/yanis",
    "example.fr/yanis",
    "corvel chez example point com",
    "corvel chez example.com",
    "corvel bei example punkt ch",
    "corvel presso example punto com",
    "corvel arobase example point com",
]
HARMLESS = [
    "Tout marche, merci.",
    "Il était là à 14:30, le 26/11/2026, et tout a pris 45 minutes.",
    "69 EUR au lieu de 89, très correct.",
    "She was at home. Great work!",
    "Die Box hat 2 Antennen und 5 GHz.",
    "Un, deux, trois et voilà.",
    "Le signal TV est revenu.",
    "4 étoiles sur 5, quatre étoiles sur cinq.",
    "Le 05/11/2026 et le 06/11/2026, puis 07/11/2026 et 08/11/2026.",
    "Der Termin war am 05.11.2026, dann 06.11.2026 und 07.11.2026.",
    "De 09:30 et 11:45, puis 14:00 et 16:30.",
    "Entre 69,90 et 129,90 EUR, puis 149,90.",
    "Quatre-vingt-dix-neuf euros au lieu de cent vingt-neuf, soit trente de moins.",
    "Neunundneunzig Franken statt hundertneunundzwanzig, ein fairer Preis.",
    "One hour and twenty minutes, not two or three.",
    "Il est venu chez moi. Point de souci.",
    "Kam zu uns, und bei mir Punkt acht Uhr.",
    "Onze, douze ou treize euros de moins, je ne sais plus.",
    "Otto e nove, 11 e 12, poi 20 e 30.",
    "Due persone o tre, non quattro.",
    "Ma box O2 et le modèle l0 marchent.",
]
PIECES = [
    "a",
    "a.",
    "a-",
    "dot-",
    "at-",
    " dot",
    "point ",
    "a@",
    "0 ",
    "un ",
    "un-",
    "0o",
    "et ",
    "+",
    "_",
    " ",
    "1:",
    "(",
]


@pytest.mark.parametrize("contact", CONTACT)
def test_a_way_to_reach_somebody_is_masked(contact):
    shown = without_contact_data(f"Parfait, appelez {contact} directement")

    assert MASK in shown
    assert shown.startswith("Parfait")
    assert contact not in shown
    assert not any(part in shown for part in ("39", "corvel", "example", "yanis"))


@pytest.mark.parametrize("comment", HARMLESS)
def test_other_words_stay_as_they_are(comment):
    assert without_contact_data(comment) == comment


@pytest.mark.parametrize("piece", PIECES)
def test_no_comment_takes_long(piece):
    """Twice the longest there is; a filter that tries every way to read it takes for ever."""
    for end in ("", "!", " dot", "@"):
        begun = time.process_time()
        without_contact_data((piece * 2000)[:2000] + end)
        assert time.process_time() - begun < 2
