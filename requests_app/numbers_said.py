"""Telephone numbers in a comment said in words, or written with letters that look like digits.

Pure and linear.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

ENOUGH = 9  # digits of a telephone number
SEVERAL = 3  # words in a row
GAP = 4  # signs between two parts of one number
DIGIT = (
    "zero zéro null o oh un une deux trois quatre cinq six sept huit neuf eins ein eine zwei zwo "
    "drei vier fünf fuenf "
    "sechs sieben acht neun uno una due tre quattro cinque sei sette otto nove one two three four "
    "five seven eight nine"
)
TWO_DIGITS = (
    "dix onze douze treize quatorze quinze seize vingt vingts trente quarante cinquante soixante "
    "septante huitante "
    "octante nonante zehn elf zwölf zwoelf dreizehn vierzehn fünfzehn fuenfzehn sechzehn siebzehn "
    "achtzehn neunzehn "
    "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove "
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety"
)
DIGITS = dict.fromkeys(DIGIT.split(), 1) | dict.fromkeys(TWO_DIGITS.split(), 2)
GERMAN = re.compile(
    "(?:(?:ein|zwei|drei|vier|f(?:ü|ue)nf|sechs|sieben|acht|neun)und)?"
    "(?:zwanzig|drei(?:ss|ß)ig|vierzig|f(?:ü|ue)nfzig|sechzig|siebzig|achtzig|neunzig)"
)
ITALIAN = re.compile(
    "(?:vent|trent|quarant|cinquant|sessant|settant|ottant|novant)"
    "(?:[ai]|[ai]?(?:uno?|due|tr[eé]|quattro|cinque|sei|sette|otto|nove))"
)
NOUGHT = ("zero", "zéro", "null", "oh", "o")
JOINS = ("et", "und", "e", "and", "puis", "ensuite", "dann", "poi", "then")
LIKE_DIGITS = re.compile("[OoIl]{1,4}")
DATE_OR_TIME = (
    r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)\d\d(?![./-]?\d)"
    r"|(?<!\d)(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)"
)
# A word may be several with hyphens between them: quatre-vingt-dix-huit is one number of two
# digits.
PART = re.compile(rf"(?P<moment>{DATE_OR_TIME})|(?P<digits>\d+)|[^\W\d_]+(?:-[^\W\d_]+)*")


class Part(NamedTuple):
    start: int
    end: int
    digits: int  # 0: only joins two others
    plain: bool  # written in digits
    opens: bool  # a telephone number may begin with it


def numbers_said(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand. A number in plain digits, one beside the other, is not among them."""
    for row in _rows(text):
        while row and not row[-1].digits:
            row.pop()
        said = sum(bool(part.digits) and not part.plain for part in row)
        disguised = any(not part.plain for part in row)
        # Dates, prices and stars are shorter, or do not begin with a nought.
        if sum(part.digits for part in row) >= ENOUGH and (
            said >= SEVERAL or (disguised and row[0].opens)
        ):
            yield row[0].start, row[-1].end


def _rows(text: str) -> Iterator[list[Part]]:
    row: list[Part] = []
    for found in PART.finditer(text):
        digits, joins = _digits(text, found), found[0].lower() in JOINS
        if row and (found.start() - row[-1].end > GAP or not (digits or joins)):
            yield row
            row = []
        if digits or (joins and row):
            first = found[0].lower().split("-")[0]
            opens = first[0] == "0" or first in NOUGHT or text.endswith("+", 0, found.start())
            row.append(Part(found.start(), found.end(), digits, bool(found["digits"]), opens))
    yield row


def _digits(text: str, found: re.Match) -> int:
    if found["moment"]:
        return 0
    if found["digits"]:
        return len(found[0])
    weights = [_weight(word) for word in found[0].lower().split("-") if word not in JOINS]
    if weights and all(weights):
        return 2 if 2 in weights and len(weights) <= 4 else sum(weights)
    beside = text[max(found.start() - 1, 0) : found.start()] + text[found.end() : found.end() + 1]
    looks_like = LIKE_DIGITS.fullmatch(found[0]) and any(sign.isdigit() for sign in beside)
    return len(found[0]) if looks_like else 0


def _weight(word: str) -> int:
    return DIGITS.get(word) or (2 if GERMAN.fullmatch(word) or ITALIAN.fullmatch(word) else 0)
