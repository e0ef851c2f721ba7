"""What a newcomer reads first is true: the table of moves, and every file that is named."""

import re

import pytest

from backoffice.lifecycle_table import README, written
from tests.architecture.source import BASE

GUIDES = (
    "README.md",
    "CONTRIBUTING.md",
    "tests/README.md",
    "docs/architecture.md",
    "docs/architecture-walks.md",
    "docs/glossary.md",
)
FILE = re.compile(r"`(\w[\w.-]*/[\w./-]*)`|\]\(((?!https?:)[\w./-]+)\)")
NOT_YET = re.compile(r"^.*\(not yet\).*$", re.MULTILINE)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_file_a_guide_names_is_there(guide):
    text = NOT_YET.sub("", (BASE / guide).read_text(encoding="utf-8"))
    named = {code or link for code, link in FILE.findall(text)}
    around = (BASE, BASE / "tests", (BASE / guide).parent)

    assert [one for one in sorted(named) if not any((at / one).exists() for at in around)] == []


def test_lifecycle_table_is_the_transition_table():
    text = README.read_text(encoding="utf-8")

    assert text == written(text), "run manage.py lifecycle_table"
