"""Sentences that promise something, taken from the templates, and the list of the tests that keep
them (rule N0).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from django.conf import settings

from mila import translations

LIST = Path(__file__).with_name("promises.txt")
KEEPERS = Path(__file__).with_name("keepers.txt")
PAGES = {
    "templates/customer/help.html",
    "templates/customer/prices.html",
    "templates/customer/_promise.html",  # of the home page
    "templates/customer/_service_questions.html",
}


def said() -> set[str]:
    """The sentences of help, prices, questions and all mails, as the templates hold them.

    Not of the mails to staff: what those promise, the house promises itself.
    """
    return {
        phrase.singular
        for phrase in translations.collect().values()
        if any(map(_promises, phrase.files))
    }


def _promises(file: str) -> bool:
    return file in PAGES or (file.startswith("templates/emails/") and not file.endswith("_ops.txt"))


def listed(text: str) -> tuple[dict[str, list[str]], set[str]]:
    """The tests of each sentence that promises something, and the sentences
    that promise nothing.
    """
    kept: dict[str, list[str]] = {}
    nothing: set[str] = set()
    last = ""
    for line in text.splitlines():
        if line.startswith("> "):
            last = line.removeprefix("> ")
            kept[last] = []
        elif line.startswith("    "):
            kept[last].append(line.strip())
        elif line.startswith("= "):
            nothing.add(line.removeprefix("= "))
        elif line and not line.startswith("#"):
            raise ValueError(line)
    return kept, nothing


Change = tuple[str, str]  # lines of the product, and what would be there without a keeper


@dataclass(frozen=True)
class Keeper:
    """What keeps a promise: lines of one file of the product, each of which stands there once."""

    path: str
    changes: tuple[Change, ...]

    def without(self) -> str:
        """The whole file without it. Raises ValueError where lines do not stand there once."""
        text = self._text()
        for lines, instead in self.changes:
            if text.count(lines) != 1:
                raise ValueError(f"{self.path}: not there once: {lines}")
            text = text.replace(lines, instead)
        return text

    def is_in_a_table(self) -> bool:
        """Whether it stands outside of all functions."""
        text = self._text()
        row = text[: text.index(self.changes[0][0])].count("\n") + 1
        functions = (one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef))
        return not any(one.lineno <= row <= (one.end_lineno or 0) for one in functions)

    def _text(self) -> str:
        return (settings.BASE_DIR / self.path).read_text()


def keepers(text: str) -> dict[str, Keeper]:
    """By test: its keeper. Raises ValueError for a line of another form, or a test named twice."""
    found: dict[str, Keeper] = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        test, path, *signed = lines
        if test in found:
            raise ValueError(test)
        found[test] = Keeper(path.strip(), tuple(_changes(signed)))
    return found


def _changes(signed: list[str]) -> Iterator[Change]:
    """Of "- these lines" and "+ these instead", one after the other."""
    parts = [
        (sign, "\n".join(line[6:] for line in lines)) for sign, lines in groupby(signed, _sign)
    ]
    for (minus, lines), (plus, instead) in zip(parts[::2], parts[1::2], strict=True):
        if (minus, plus) != ("    -", "    +") or not lines:
            raise ValueError(lines)
        yield lines, instead


def _sign(line: str) -> str:
    return line[:5]


def exists(node: str) -> bool:
    """Whether there is such a test: its file, and the name of a function, or of a class and one of
    its methods.
    """
    path, _, name = node.partition("::")
    return name in _tests(path)


@cache
def _tests(path: str) -> set[str]:
    file = settings.BASE_DIR / path
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text())
    alone = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
    within = {
        f"{a.name}::{one.name}"
        for a in classes
        for one in a.body
        if isinstance(one, ast.FunctionDef)
    }
    return {name for name in alone | within if name.rpartition("::")[2].startswith("test_")}
