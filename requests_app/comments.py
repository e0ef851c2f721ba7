"""What a public comment may not hold: ways to reach somebody beside Mila (PRODUCT L14). Pure."""

import re
import unicodedata

MASK = "•••"
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
NUMBERS = (
    "zero zéro null un une deux trois quatre cinq six sept huit neuf eins zwei drei vier fünf sechs sieben acht neun "
    "uno due tre quattro cinque sei sette otto nove one two three four five seven eight nine"
)
_WORD = "|".join(sorted(NUMBERS.split(), key=len, reverse=True))
_AT = r"(?:@|\(\s*(?:at|a|@)\s*\)|\[\s*(?:at|a|@)\s*\]|\b(?:at|arobase|arobas|chiocciola)\b)"
_DOT = r"(?:\.|\(\s*(?:dot|point|punkt|punto)\s*\)|\[\s*(?:dot|point|punkt|punto)\s*\]|\b(?:dot|point|punkt|punto)\b)"
_ENDS = "com|fr|ch|net|org|eu|de|it|li|be|lu|io|me|app|info|biz|shop|online|site|co|tel|pro"
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"[\w.+-]+\s*@\s*[\w-]+(?:\s*{_DOT}\s*[\w-]+)*",  # an address, its dots written or said
        rf"[\w.+-]+\s*{_AT}\s*[\w-]+\s*{_DOT}\s*(?:{_ENDS})\b",
        r"(?:https?://|www\s*\.)\s*\S+",
        rf"\b[\w-]+(?:\s?{_DOT}\s?[\w-]+)*\s?(?:\.|\(\s*dot\s*\)|\bdot\b)\s?(?:{_ENDS})\b(?:/\S*)?",
        r"(?<!\w)@\w[\w.]+",
        r"\b(?:whats\s?app|telegram|insta(?:gram)?|snap(?:chat)?|skype)\b[\s:]*\S+",
        r"\+?\(?\d(?:[\W_]{0,3}\d){8,}",  # nine digits and more, whatever stands between them
        rf"(?:\b(?:{_WORD}|\d{{1,3}})\b[\W_]*){{6,}}",  # said digit by digit
    )
)


def without_contact_data(text: str) -> str:
    """The comment with addresses, numbers, links and handles masked, also where they are spelled out."""
    shown = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    for pattern in PATTERNS:
        shown = pattern.sub(f"{MASK} ", shown)
    return " ".join(shown.split()) if shown != text else text
