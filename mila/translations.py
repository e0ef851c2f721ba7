"""The site's phrases: found in Python and templates, kept in
locale/<language>/LC_MESSAGES/django.po. Needs no gettext.

The files have no dates and no line numbers, so that a change shows only the phrases that changed.
"""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.extract import extract_python
from babel.messages.pofile import escape, read_po
from django.utils.translation.template import templatize

BASE = Path(__file__).resolve().parent.parent
APPS = (
    "accounts",
    "backoffice",
    "catalogue",
    "customer",
    "devstack",
    "dispatch",
    "mila",
    "papers",
    "partner",
    "payments",
    "places",
    "policy",
    "requests_app",
)
SOURCE = "en"
PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "de": "nplurals=2; plural=(n != 1);",
    "it": "nplurals=2; plural=(n != 1);",
    "en": "nplurals=2; plural=(n != 1);",
}
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|%([sd])")
TAG = re.compile(r"</?[a-z][a-z0-9]*")
NBSP = "\N{NO-BREAK SPACE}"
# French: a space that must not break the line; and a sign that lacks its space (no HTML entity).
LOOSE = re.compile(r" (?=[:;?!»€]|%%|%(?![(\w]))|(?<=«) ")
GLUED = re.compile(r"(?<!&amp)(?<!&nbsp)[\w)>»][:;?!](?=\s|<|$)|«(?=\w)|\w»")

Key = tuple[str, str]  # context, singular


@dataclass
class Phrase:
    """One phrase of the source, and how it is said in one language: two texts
    if it has a plural.
    """

    singular: str
    plural: str = ""
    context: str = ""
    files: set[str] = field(default_factory=set)
    texts: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return self.context, self.singular

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.singular, self.plural) if self.plural else (self.singular,)


def collect(base: Path | None = None) -> dict[Key, Phrase]:
    """Every phrase marked for translation in our own Python and templates."""
    base = base or BASE
    found: dict[Key, Phrase] = {}
    for path in _files(base):
        for phrase in _extract(path):
            known = found.setdefault(phrase.key, phrase)
            known.plural = known.plural or phrase.plural
            known.files.add(path.relative_to(base).as_posix())
    return found


def _files(base: Path) -> Iterator[Path]:
    for folder in (*APPS, "templates"):
        for path in sorted((base / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts:
                yield path


def _extract(path: Path) -> Iterator[Phrase]:
    text = path.read_text()
    if path.suffix != ".py":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # comments for translators in mid-line
            text = templatize(text, origin=str(path))
        # It writes a space before each phrase: in an indented page that would be Python with odd
        # indents.
        text = "\n".join(line.lstrip() for line in text.split("\n"))
    for _line, function, said, _comments in extract_python(
        io.BytesIO(text.encode()), KEYWORDS, [], {}
    ):
        words = [said] if isinstance(said, str) else [word for word in said if word is not None]
        context = words.pop(0) if "pgettext" in function else ""
        plural = words[1] if str(function).startswith("n") else ""
        yield Phrase(words[0], plural, context)


def po_file(language: str, base: Path | None = None) -> Path:
    return (base or BASE) / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str, base: Path | None = None) -> tuple[dict[Key, Phrase], set[Key]]:
    """What a catalogue holds, and which of it is marked fuzzy."""
    path = po_file(language, base)
    if not path.exists():
        return {}, set()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    found, fuzzy = {}, set()
    for message in catalogue:
        if not message.id:
            continue
        ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        texts = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        phrase = Phrase(ids[0], ids[1] if len(ids) > 1 else "", message.context or "", texts=texts)
        found[phrase.key] = phrase
        if message.fuzzy:
            fuzzy.add(phrase.key)
    return found, fuzzy


def merge(
    language: str, base: Path | None = None, *, said: dict[Key, tuple[str, ...]] | None = None
) -> int:
    """Bring a catalogue up to the source; answers how many phrases still lack words.

    Keeps what was translated (not what was fuzzy), adds what is new, drops what is gone; `said`
    brings new words. A repeat changes nothing.
    """
    known, fuzzy = read(language, base)
    words = {key: phrase.texts for key, phrase in known.items() if key not in fuzzy} | (said or {})
    phrases = sorted(
        collect(base).values(), key=lambda phrase: (phrase.singular.casefold(), phrase.key)
    )
    for phrase in phrases:
        if language == SOURCE:
            phrase.texts = phrase.sources
        else:
            texts = tuple(typeset(language, text) for text in words.get(phrase.key, ()))
            phrase.texts = (
                texts if len(texts) == len(phrase.sources) else ("",) * len(phrase.sources)
            )
    path = po_file(language, base)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_header(language) + "".join(_entry(phrase) for phrase in phrases))
    return sum(not all(phrase.texts) for phrase in phrases)


def typeset(language: str, text: str) -> str:
    """As its language prints it: in French no line begins with a colon, nor ends with «."""
    return LOOSE.sub(NBSP, text) if language == "fr" else text


def _header(language: str) -> str:
    lines = [
        f"Language: {language}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {PLURALS[language]}",
    ]
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines)


def _entry(phrase: Phrase) -> str:
    lines = [f"#: {file}" for file in sorted(phrase.files)]
    if any(PLACEHOLDER.search(text) and "%" in text for text in phrase.sources):
        lines.append("#, python-format")
    if phrase.context:
        lines.append(f"msgctxt {escape(phrase.context)}")
    lines.append(f"msgid {escape(phrase.singular)}")
    if phrase.plural:
        lines.append(f"msgid_plural {escape(phrase.plural)}")
        lines += [f"msgstr[{number}] {escape(text)}" for number, text in enumerate(phrase.texts)]
    else:
        lines.append(f"msgstr {escape(phrase.texts[0])}")
    return "\n" + "\n".join(lines) + "\n"


def problems(
    language: str, base: Path | None = None, *, source: dict[Key, Phrase] | None = None
) -> list[str]:
    """What is wrong with a catalogue, one sentence each: missing, fuzzy, gone from the source,
    altered placeholders.
    """
    known, fuzzy = read(language, base)
    source = collect(base) if source is None else source
    found = [
        f"{language}: no longer in the source: {key[1]!r}" for key in known.keys() - source.keys()
    ]
    for key, phrase in source.items():
        texts = known[key].texts if key in known else ()
        if len(texts) != len(phrase.sources) or not all(texts):
            found.append(f"{language}: missing: {phrase.singular!r} ({min(phrase.files)})")
            continue
        if key in fuzzy:
            found.append(f"{language}: fuzzy: {phrase.singular!r}")
        for number, text in enumerate(texts):
            found += [
                f"{language}: {fault}: {phrase.singular!r} -> {text!r}"
                for fault in (*_faults(phrase, text, number), *_loose(language, text))
            ]
    return sorted(found)


def _faults(phrase: Phrase, text: str, number: int) -> Iterator[str]:
    source, there = phrase.sources[number], set(PLACEHOLDER.findall(text))
    wanted = set(PLACEHOLDER.findall(phrase.sources[-1]))
    # The singular of a plural may leave out its number ("one hour").
    if there != wanted and not (phrase.plural and number == 0 and there <= wanted):
        yield "other placeholders"
    if sorted(TAG.findall(text)) != sorted(TAG.findall(source)):
        yield "other tags"
    if text.strip() != text and source.strip() == source:
        yield "spaces at an end"
    if "!" in text:
        yield "an exclamation mark"


def _loose(language: str, text: str) -> Iterator[str]:
    if language == "fr" and (LOOSE.search(text) or GLUED.search(text)):
        yield "no no-break space before : ; ? » or after «"
