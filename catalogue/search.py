"""The search by what hurts (rule B1): what a person names outweighs what they say about it.

A question is read for topics (catalogue/data/topics.toml; ops edit the rows): the things it names
lead to services, the acts order those, and what is not sold is said. Words and typing errors of the
services' own texts decide the rest.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from operator import add, or_
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.search import (
    SearchQuery,
    SearchRank,
    SearchVector,
    TrigramWordSimilarity,
)
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat
from django.utils.translation import get_language

from catalogue.models import Service, Topic, TopicKind, lines

DICTIONARIES = {"fr": "french", "de": "german", "it": "italian", "en": "english"}
QUESTION_LENGTH = 120  # characters of a search that are read
QUESTION_WORDS = 12  # different words of it
# Said with every complaint, so they tell nothing; the dictionaries' own stop words are not enough.
COMMON = """
de du des le la les un une ma mon mes en et est il elle je ne pas plus marche fonctionne avec
bonjour au aux sur
der die das ein eine mein meine ich ist nicht kein keine mehr geht und mit im in den dem
il lo gli una mio mia non più va funziona con di della del che per
the my is not no does do it an and with to of at on works working
"""
RANKED = 0.01  # a stem was met
ALIKE = 0.5  # mean likeness of the words from which a misspelt question counts as understood
NEAR_BEST = 0.55  # of the best score
# How much the parts of a score count beside the services' own texts, which give 0 to about 3.
THING, ACT = 3.0, 1.0
SAME_WORD = 0.6  # likeness from which two words count as one
SURE = 0.75  # before somebody hears that a thing is not sold
SHORT = 4  # letters: below it a word is the same or another
COMPOUND = 6  # letters from which a word may stand inside a longer one: Drucker in Druckerproblem
ENDINGS = ("", "s", "e", "es", "n", "en", "x")


class Plain(Func):
    """Lower case, no accents, words apart by one space (migration 0002); `plain` is the same in
    Python.
    """

    function = "catalogue_plain"
    output_field = TextField()


@dataclass(frozen=True)
class Found:
    """Services, best first; and the names of what was asked for and is not sold."""

    services: list[Service]
    not_sold: list[str]


class Reading(NamedTuple):
    """What a question names: by service how strongly, in parts of 1."""

    things: dict[int, float]
    acts: dict[int, float]
    not_sold: list[str]


def search(question: str, country: str, at: datetime) -> Found:
    """What fits the question, in the person's language; nothing for one without a word.

    Three queries.
    """
    said = list(dict.fromkeys(plain(question[:QUESTION_LENGTH]).split()))[:QUESTION_WORDS]
    if not said:
        return Found([], [])
    language = (get_language() or settings.LANGUAGE_CODE)[:2]
    reading = _read(said, language)
    found = _services(said, language, reading, country, at)
    return Found(found, reading.not_sold)


def plain(text: str) -> str:
    """Lower case, no accents, words apart by one space, one way of writing Wi-Fi and e-mail."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss").replace("-", "")
    letters = unicodedata.normalize("NFKD", text)
    text = re.sub(
        r"[^a-z0-9]+", " ", "".join(one for one in letters if not unicodedata.combining(one))
    ).strip()
    return re.sub(r"\bwi fi\b", "wifi", text)


def _read(said: list[str], language: str) -> Reading:
    things: dict[int, float] = {}
    acts: dict[int, float] = {}
    not_sold: list[str] = []
    for topic in Topic.objects.prefetch_related("leads"):
        words = [*lines(topic.brands), *lines(getattr(topic, f"words_{language}"))]
        fits = max((_fit(plain(term).split(), said) for term in words), default=0.0)
        if topic.kind == TopicKind.NOT_SOLD and fits >= SURE:
            not_sold.append(topic.name)
        weights = things if topic.kind == TopicKind.THING else acts
        for lead in topic.leads.all() if fits else ():
            weights[lead.service_id] = weights.get(lead.service_id, 0.0) + fits * lead.percent / 100
    return Reading(things, acts, not_sold)


def _fit(term: list[str], said: list[str]) -> float:
    """How surely all words of a term were said, 0 to 1; a little more for a term of several."""
    each = [max(_likeness(word, other) for other in said) for word in term]
    return min(each) * (1 + 0.05 * (len(term) - 1)) if each and min(each) >= SAME_WORD else 0.0


@lru_cache(maxsize=20_000)
def _likeness(word: str, said: str) -> float:
    """0 to 1: the same word, one with an ending, one with a typing error, or one that stands inside
    a compound.
    """
    if word == said or said in {word + ending for ending in ENDINGS}:
        return 1.0
    if min(len(word), len(said)) < SHORT:
        return 0.0
    ours, theirs = _trigrams(word), _trigrams(said)
    both = len(ours & theirs)
    inside = 0.9 * both / len(ours) if len(word) >= COMPOUND else 0.0
    alike = both / len(ours | theirs)
    return found if (found := max(alike, inside)) >= SAME_WORD else 0.0


def _trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def _services(
    said: list[str], language: str, reading: Reading, country: str, at: datetime
) -> list[Service]:
    """By the topics, then by the services' own texts; far behind the best is left out.

    Of the texts count stems (name before symptoms before summary), words by likeness, so that a
    typing error does not matter, and the likeness of the whole sentence.
    """
    words = [word for word in said if word not in _common() and len(word) > 1] or said
    dictionary = DICTIONARIES[language]
    name, symptoms, summary = (
        Plain(f"{field}_{language}") for field in ("name", "search_words", "summary")
    )
    vector = (
        SearchVector(name, weight="A", config=dictionary)
        + SearchVector(symptoms, weight="B", config=dictionary)
        + SearchVector(summary, weight="C", config=dictionary)
    )
    own = [Plain(Value(word)) for word in words]
    stems = reduce(or_, (SearchQuery(word, config=dictionary) for word in own))
    texts = Concat(name, Value(" "), symptoms, output_field=TextField())
    asked = [*own, Plain(Value(" ".join(words)))]
    likeness = [TrigramWordSimilarity(text, texts) for text in asked]  # type: ignore[arg-type]
    rows = (
        Service.objects.on_sale(country, at)
        .select_related("category")
        .annotate(rank=SearchRank(vector, stems), whole=likeness[-1])
        .annotate(alike=reduce(add, likeness[:-1]) / Value(float(len(words))))
        .annotate(text_score=F("rank") + F("alike") + F("whole"))
    )
    tells_nothing = all(word in _common() for word in said)
    texts_alone = not (reading.things or reading.not_sold or tells_nothing)
    scores = {}
    for row in rows:  # in the order of the shelves, which equal scores keep
        named = reading.things.get(row.pk, 0.0)
        if named or (texts_alone and (row.rank > RANKED or row.alike >= ALIKE)):
            scores[row] = THING * named + ACT * reading.acts.get(row.pk, 0.0) + row.text_score
    best = max(scores.values(), default=0.0)
    return sorted(
        (row for row in scores if scores[row] >= NEAR_BEST * best), key=lambda row: -scores[row]
    )


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(plain(COMMON).split())
