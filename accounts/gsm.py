"""What a text message may hold: 160 letters of the telephone's own alphabet, or 70 of any (GSM
03.38). Pure.
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ "
    "!\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("^{}\\[~]|€")  # an escape before each
ONE_PART, LATER_PART = 160, 153
MEANT = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
    "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "œ": "oe", "Œ": "OE", "·": "-",
}  # fmt: skip


def folded(words: str) -> str:
    """The same with signs the alphabet has: "ê" becomes "e", a curly quote a straight one; the rest
    a question mark.
    """
    return "".join(_folded(letter) for letter in unicodedata.normalize("NFC", words))


def _folded(letter: str) -> str:
    if letter in BASIC or letter in TWICE:
        return letter
    if letter in MEANT:
        return MEANT[letter]
    plain = "".join(
        one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one)
    )
    return plain if plain and all(one in BASIC or one in TWICE for one in plain) else "?"


def length(words: str) -> int:
    """In signs of the alphabet. Raises ValueError for a letter it does not have."""
    if strange := set(words) - BASIC - TWICE:
        raise ValueError(f"Not in the alphabet: {sorted(strange)}")
    return sum(2 if letter in TWICE else 1 for letter in words)


def parts(words: str) -> int:
    """How many messages are paid for.

    A sign of two is never cut: it is counted as if each part lost one.
    """
    signs = length(words)
    return 1 if signs <= ONE_PART else -(-signs // (LATER_PART - 1))


def fitted(words: str, end: str) -> str:
    """`words` and `end` as one message: the words are cut between two of them where both do not
    fit.
    """
    words, end = folded(" ".join(words.split())), folded(end)
    room = ONE_PART - length(end) - 1
    if length(words) > room:
        while words and length(words) > room - 3:
            words = words.rpartition(" ")[0]
        words += "..."
    return f"{words} {end}" if end else words
