"""Public comments without a way to reach somebody beside Mila (PRODUCT L14)."""

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
]
HARMLESS = [
    "Tout marche, merci.",
    "Il était là à 14:30, le 26/11/2026, et tout a pris 45 minutes.",
    "69 EUR au lieu de 89, très correct.",
    "She was at home. Great work!",
    "Die Box hat 2 Antennen und 5 GHz.",
    "Un, deux, trois et voilà.",
    "Le signal TV est revenu.",
]


@pytest.mark.parametrize("contact", CONTACT)
def test_a_way_to_reach_somebody_is_masked(contact):
    shown = without_contact_data(f"Parfait, appelez {contact} directement")

    assert MASK in shown
    assert shown.startswith("Parfait")
    assert contact not in shown
    assert not any(part in shown for part in ("39", "corvel", "example"))


@pytest.mark.parametrize("comment", HARMLESS)
def test_other_words_stay_as_they_are(comment):
    assert without_contact_data(comment) == comment
