"""People are named by their role, or *they*: in comments, docstrings, notes and in what the site
says.
"""

import re

import pytest

from mila import translations
from tests.architecture import citations
from tests.architecture.source import BASE

SINGLED_OUT = re.compile(r"\b(?:he|him|his|himself|she|her|hers|herself)\b", re.IGNORECASE)
TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}", re.DOTALL)


def read_by_people(name: str, text: str) -> str:
    """What of a file is written for people and not shown by the site."""
    if name.endswith(".py"):
        return "\n".join(citations.prose(text))
    if name.endswith(".md"):
        return text
    return "\n".join(TEMPLATE_COMMENT.findall(text)) if name.endswith(".html") else ""


def singled_out(root):
    for name, text in citations.files(root):
        if not SINGLED_OUT.search(text):
            continue  # to take a source apart is slow
        for line in read_by_people(name, text).splitlines():
            if SINGLED_OUT.search(line):
                yield f"{name}: {line.strip()}"


def test_nobody_is_singled_out_in_comments_docstrings_and_notes():
    assert list(singled_out(BASE)) == []


def test_nobody_is_singled_out_in_what_the_site_says():
    said = [text for phrase in translations.collect().values() for text in phrase.sources]

    assert [text for text in said if SINGLED_OUT.search(text)] == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("app/verbs.py", '"""He takes it."""\n', "app/verbs.py: He takes it."),
        (
            "app/verbs.py",
            'def claim():\n    """Open to\n\n    him alone."""\n',
            "app/verbs.py: him alone.",
        ),
        ("app/verbs.py", "x = 1  # his own\n", "app/verbs.py: his own"),
        ("docs/deploy.md", "She signs.\n", "docs/deploy.md: She signs."),
        (
            "templates/page.html",
            "{# what he reads #}<p>Heute</p>",
            "templates/page.html: {# what he reads #}",
        ),
    ],
)
def test_one_word_is_named(tmp_path, name, text, found):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(text)

    assert list(singled_out(tmp_path)) == [found]


def test_code_and_other_words_are_left_alone(tmp_path):
    (tmp_path / "verbs.py").write_text('"""The history of the other."""\nhis = "he"\n')

    assert list(singled_out(tmp_path)) == []
