"""The one place where typed text is cleaned: what nobody sees is taken out before anything is asked
of the rest.

"Required" and "at most 120 characters" are asked of what is left, so a name of one zero-width space
is no name, and two addresses that look the same are the same person (rule B12).
"""

import re
import unicodedata
from contextlib import suppress

import idna

# Letters by their category, blanks to every reader: the fillers of Hangul, an empty cell of
# Braille.
FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Marks that change nothing one could see where they stand alone: joiners and the selectors of a
# variant.
MARKS = frozenset("\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f") | {
    chr(sign) for sign in range(0xFE00, 0xFE10)
}
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
LINE_END = re.compile("\r\n|[\r\u2028\u2029\x85\x0b\x0c]")


def visible(text: str) -> str:
    """The text without format and control characters, fillers and lone surrogates; blanks and line
    ends stay.
    """
    return "".join(sign for sign in text if sign in "\n\t " or _is_seen(sign))


def _is_seen(sign: str) -> bool:
    return sign not in FILLERS and sign not in MARKS and unicodedata.category(sign) not in INVISIBLE


def clean_line(text: str) -> str:
    """One line: every run of blanks and line ends becomes one blank."""
    return " ".join(visible(LINE_END.sub("\n", text)).split())


def one_line(words: str) -> str:
    """Our own words on one line; a blank that must not break stays one: an amount keeps its sign
    beside it.
    """
    return BLANKS.sub(" ", words).strip()


def clean_prose(text: str) -> str:
    """Several lines in the person's own words; line ends are one kind."""
    return visible(LINE_END.sub("\n", text)).replace("\t", " ").strip()


def canonical_email(text: str) -> str:
    """The one form in which an address is kept and looked up: small letters, nothing unseen, the
    domain as in DNS.

    `Odile@Müller.ch` and `odile@xn--mller-kva.ch` are one person. What is no address comes back as
    it can be shown; the form's own check refuses it.
    """
    local, sign, domain = visible(text).strip().rpartition("@")
    domain = domain.rstrip(".")
    if sign and not domain.isascii():
        with suppress(idna.IDNAError):
            domain = idna.encode(domain, uts46=True).decode()
    return unicodedata.normalize("NFKC", f"{local}{sign}{domain}").lower()


def whole_number(text: str) -> int:
    """A number that a form sends back; -1, which is nobody's, for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else -1
