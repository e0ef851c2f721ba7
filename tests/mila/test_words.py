"""Words that people corrected stay corrected, and one thing has one word (docs/words.md)."""

import re

import polib
import pytest
from django.conf import settings

from policy.conditions import TEXTS

PAGE = (settings.BASE_DIR / "docs" / "words.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w\w),.*?\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
CORRECTED = {
    "fr": {
        "A window lights up, in three steps": "Comment ça marche, en trois étapes",
        "if you like": "facultatif",
        "It costs you nothing.": "Rien ne sera débité.",
        "Please begin before the %(days)d days of withdrawal are over.": (
            "Je demande que le travail commence avant la fin du délai de rétractation de %(days)d "
            "jours."
        ),
        "Say how it was": "Donner mon avis",
        "You may cancel free of charge until %(technician)s sets off.": (
            "Vous pouvez annuler sans frais jusqu’à ce que %(technician)s se mette en route."
        ),
    },
    "de": {
        "Someone nearby is on the way.": "Jemand aus Ihrer Nachbarschaft kommt vorbei.",
        "Choose an hour": "Termin wählen",
        "Services": "Leistungen",
        "That person signs at the end. You accept whatever raises the price.": (
            "Diese Person unterschreibt am Ende. Preiserhöhungen müssen Sie selbst genehmigen."
        ),
        "Your booking is placed. You can follow everything on this page.": (
            "Ihre Buchung ist eingegangen. Auf dieser Seite können Sie alles verfolgen."
        ),
    },
    "it": {
        "About a visit, please write from the page of your booking: your message then carries it "
        "along.": (
            "Per una visita, ci scriva dalla pagina della Sua prenotazione: "
            "così il messaggio resta collegato alla prenotazione."
        ),
        "Continue": "Continua",
        "Find help": "Trova aiuto",
        "Service, travel included": "Servizio, trasferta inclusa",
        "Sign in": "Accedi",
        "That person signs at the end. You accept whatever raises the price.": (
            "Questa persona firma alla fine. Ogni aumento di prezzo deve approvarlo Lei."
        ),
        "What is the matter?": "Che problema ha?",
    },
}


def catalogue(language):
    return polib.pofile(str(settings.BASE_DIR / f"locale/{language}/LC_MESSAGES/django.po"))


def sentences(language):
    for entry in catalogue(language):
        if not entry.obsolete:
            yield from (entry.msgstr, *entry.msgstr_plural.values())
    for path in TEXTS.glob(f"*.{language}.txt"):
        yield from path.read_text().split("\n")


def unwanted(language):
    rows = re.findall(r"^\|[^|]*\|[^|]*\|([^|]+)\|$", SECTIONS[language], re.M)[2:]
    return [word.strip() for row in rows for word in row.split(",") if word.strip()]


@pytest.mark.parametrize(
    ("language", "said"), [(one, said) for one, rows in CORRECTED.items() for said in rows]
)
def test_corrected_sentence_stays(language, said):
    entry = catalogue(language).find(said, msgctxt=False)

    if entry is None:
        pytest.skip("No page says it any more.")
    assert entry.msgstr == CORRECTED[language][said]


@pytest.mark.parametrize("language", ["fr", "de", "it"])
def test_one_word_for_one_thing(language):
    words = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, unwanted(language)))})(?![\w-])")
    found = {sentence for sentence in sentences(language) if words.search(sentence)}

    assert unwanted(language)
    assert found == set()


def test_german_is_written_in_one_way():
    """As in Switzerland: no ß, and «this» around what is quoted."""
    strange = re.compile("[ß„“”]")
    words = [
        text
        for entry in catalogue("de")
        for text in (entry.msgstr, *entry.msgstr_plural.values())
        if strange.search(text)
    ]

    assert words == []
