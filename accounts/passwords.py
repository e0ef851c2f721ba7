"""Passwords everybody tries first, in the four languages (ASVS 6.2.4, 6.2.11, 6.2.12).

Compared as people vary them: without case and accents, with digits for letters undone, with a year
or a sign behind. The words of common_passwords.txt were chosen here; Django brings the twenty
thousand most used ones of the world.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WORDS = frozenset(
    Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").split()
)
LETTERS = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)
AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
ROWS = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "azertyuiop",
    "qwertzuiop",
)


class NotCommonValidator(CommonPasswordValidator):
    """Refuses what is on a list once it is written plainly, one or two such words, and what is no
    word at all.
    """

    def validate(self, password, user=None):
        if any(self._is_common(plain) for plain in spellings(password)):
            raise ValidationError(
                _(
                    "This is one of the passwords that are tried first. Please choose three or "
                    "four words of your own."
                ),
                code="password_too_common",
            )

    def get_help_text(self):
        return _("No word that many people choose, also not with a year or a sign behind it.")

    def _is_common(self, plain: str) -> bool:
        core = AROUND.sub("", plain)
        return (
            not {plain, core}.isdisjoint(self.passwords)
            or len(set(plain)) <= 3
            or any(plain in row for row in ROWS)
            or not core  # digits and signs alone: a date, a telephone
            or of_words(core)
        )


def spellings(password: str) -> set[str]:
    """As it stands, and with the letters that digits and signs stand for."""
    bare = unicodedata.normalize("NFKD", password.replace("ß", "ss"))
    bare = (
        "".join(one for one in bare if not unicodedata.combining(one)).casefold().replace(" ", "")
    )
    inside = AROUND.sub("", bare)
    return {bare, inside.translate(LETTERS), bare.translate(LETTERS)} - {""}


@cache
def _longest() -> int:
    return max(map(len, WORDS))


def of_words(core: str) -> bool:
    """Whether it is one or two of the words, with nothing but digits and signs between them."""
    if core in WORDS:
        return True
    for end in range(3, min(len(core), _longest() + 1)):
        rest = AROUND.sub("", core[end:])
        if core[:end] in WORDS and rest in WORDS:
            return True
    return False
