"""Words that occur nowhere else, and finding them again however they are dressed (fault A2).

A canary is looked for in what is left of a text when case, spaces, punctuation and every wrapping
are gone, so that "+33 6 39 98 71 01", "06&nbsp;39…", an address in percent signs and a cookie in
base64 are all the same to it.
"""

import base64
import binascii
import html
import os
import re
import zlib
from urllib.parse import unquote

# Of this process: other runs on this machine have a Redis in common with it, and so live messages.
STEM = f"Zqx{os.getpid()}z"
# Two alphabets, because a run ends at the first letter that is not in it.
WRAPPED = re.compile(r"[A-Za-z0-9_-]{20,}={0,2}|[A-Za-z0-9+/]{20,}={0,2}")
DEEPEST = 2  # a message in a message
# beyond it are letters
DROPPED = {number: None for number in range(0x3000) if not chr(number).isalnum()}


def compact(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return text.translate(DROPPED).lower()


class Canaries:
    """What was planted, by the field it was planted in."""

    def __init__(self):
        self._words: dict[str, set[str]] = {}
        self._files: dict[str, list[bytes]] = {}

    def word(self, field: str) -> str:
        """A word for this field; write it where its owner would write something true."""
        word = STEM + compact(field)
        self.plant(field, word)
        return word

    def plant(self, field: str, value: object) -> None:
        """A value that is as unmistakable by itself: a number of ours, a token or a key the product
        has made.
        """
        word = compact(str(value))
        if len(word) < 7:
            raise ValueError(f"{value!r} could be found by chance.")
        self._words.setdefault(field, set()).add(word)

    def plant_file(self, field: str, content: bytes) -> None:
        self._files.setdefault(field, []).append(content[len(content) // 3 :])

    @property
    def fields(self) -> set[str]:
        return {*self._words, *self._files}

    def in_text(self, text: str) -> set[str]:
        """The fields whose words are in it."""
        bare = compact("\n".join(_unwrapped(text)))
        return {
            field for field, words in self._words.items() if any(word in bare for word in words)
        }

    def in_bytes(self, content: bytes) -> set[str]:
        """The same for a file, which may also be one that was planted."""
        files = {
            field for field, parts in self._files.items() if any(part in content for part in parts)
        }
        return files | self.in_text(content.decode("utf-8", "replace"))


def _unwrapped(text: str, depth: int = DEEPEST):
    """The text, without entities and percent signs, and whatever is wrapped in it."""
    yield html.unescape(unquote(text) if "%" in text else text)
    if depth:
        for run in WRAPPED.findall(text):
            if inner := _decoded(run):
                yield from _unwrapped(inner, depth - 1)


def _decoded(run: str) -> str:
    """What base64, and zlib in it, hold; nothing if it is no text."""
    try:
        content = base64.b64decode(
            run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4), altchars=b"-_"
        )
    except (binascii.Error, ValueError):
        return ""
    if content[:1] == b"\x78":
        try:
            content = zlib.decompress(content)
        except zlib.error:
            return ""
    text = content.decode("utf-8", "ignore")
    return text if len(text) * 2 > len(content) else ""
