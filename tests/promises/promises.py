"""Sentences that promise something, taken from the templates, and the list of the tests that keep
them (rule N0).
"""

import ast
from functools import cache
from pathlib import Path

from django.conf import settings

from mila import translations

LIST = Path(__file__).with_name("promises.txt")
PAGES = {"templates/customer/help.html", "templates/customer/prices.html"}


def said() -> set[str]:
    """The sentences of help, prices and all mails, as the templates hold them for translation.

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
