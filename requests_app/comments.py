"""What a public comment may not hold: ways to reach somebody beside Mila (rule L14). Pure."""

import re
import unicodedata

from requests_app.numbers_said import numbers_said

MASK = "•••"
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
NUMBERS = (
    "zero zéro null un une deux trois quatre cinq six sept huit neuf eins zwei drei vier fünf "
    "sechs sieben acht neun "
    "uno due tre quattro cinque sei sette otto nove one two three four five seven eight nine"
)
_WORD = "|".join(sorted(NUMBERS.split(), key=len, reverse=True))
_AT = r"(?:@|\(\s*(?:at|a|@)\s*\)|\[\s*(?:at|a|@)\s*\]|\b(?:at|arobase|arobas|chiocciola)\b)"
_DOT = (
    r"(?:\.|\(\s*(?:dot|point|punkt|punto)\s*\)|\[\s*(?:dot|point|punkt|punto)\s*\]"
    r"|\b(?:dot|point|punkt|punto)\b)"
)
_DOT_APART = (
    r"(?:\s?(?:\.|\(\s*(?:dot|point|punkt|punto)\s*\)|\[\s*(?:dot|point|punkt|punto)\s*\])\s?"
    r"|\s(?:dot|point|punkt|punto)\s)"
)
_ENDS = "com|fr|ch|net|org|eu|de|it|li|be|lu|io|me|app|info|biz|shop|online|site|co|tel|pro"
_ENDS_SAID = "com|fr|ch|net|org"  # "point de", "punkt in" are no addresses
# Each part has an end: what could be read in two ways is read in few, so that no comment takes
# long.
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # an address, its dots written or said
        rf"[\w.+-]{{1,64}}\s*@\s*[\w-]+(?:\s*{_DOT}\s*[\w-]+)*",
        rf"(?<![\w.+-])[\w.+-]{{1,64}}\s*{_AT}\s*[\w-]{{1,63}}\s*{_DOT}\s*(?:{_ENDS})\b",
        rf"[\w.+-]{{1,64}}\s(?:chez|bei|presso)\s[\w-]{{1,63}}{_DOT_APART}(?:{_ENDS_SAID})\b",
        r"(?:https?://|www\s*\.)\s*\S+",
        rf"\b[\w-]{{1,63}}(?:{_DOT_APART}[\w-]{{1,63}}){{0,5}}"
        rf"\s?(?:\.|\(\s*dot\s*\)|\bdot\b)\s?(?:{_ENDS})\b(?:/\S*)?",
        rf"\b[\w-]{{1,63}}\s(?:point|punkt|punto)\s(?:{_ENDS_SAID})\b",
        r"(?<!\w)@\w[\w.]+",
        r"\b(?:whats\s?app|telegram|insta(?:gram)?|snap(?:chat)?|skype)\b[\s:]*\S+",
        r"\+?\(?\d(?:[\W_]{0,3}\d){8,}",  # nine digits and more, whatever stands between them
        rf"(?:\b(?:{_WORD}|\d{{1,3}})\b[\W_]*){{6,}}",  # said digit by digit
    )
)


def without_contact_data(text: str) -> str:
    """The comment with addresses, numbers, links and handles masked, also where they are spelled
    out.
    """
    shown = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    for start, end in reversed([*numbers_said(shown)]):
        shown = f"{shown[:start]}{MASK} {shown[end:]}"
    for pattern in PATTERNS:
        shown = pattern.sub(f"{MASK} ", shown)
    return " ".join(shown.split()) if shown != text else text
