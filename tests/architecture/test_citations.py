"""Whatever is cited can be read in docs/, and whatever is written there is shown by a test, or says
"not yet".
"""

import dataclasses
import re

import pytest

from policy.figures import Policy
from requests_app.lifecycle import MOVES
from requests_app.models import State
from tests.architecture import citations
from tests.architecture.source import BASE

NAME = re.compile(r"`([a-z]+(?:_[a-z0-9]+)*)`")
# A value of the policy beside the rule: it would be the second place that says it.
VALUE = re.compile(
    r"\d+ ?(?:%|‰|h\b|min\b|s\b|m\b|km\b|EUR\b|CHF\b|hours?\b|minutes?\b|seconds?\b|days?\b)"
)
FILE = re.compile(r"`(tests/[\w/.-]+\.py)`")


@pytest.fixture(scope="module")
def tree():
    return citations.read(BASE)


def test_every_citation_has_a_heading(tree):
    assert tree.unresolved() == []


def test_every_heading_is_shown_by_a_test_or_marked(tree):
    assert tree.unshown() == []


def test_nothing_is_marked_that_a_test_shows(tree):
    assert tree.shown_all_the_same() == []


def test_no_heading_stands_twice(tree):
    assert tree.twice == []


def test_no_id_stands_without_its_word(tree):
    assert tree.bare == []


def test_nothing_outside_the_tree_is_cited(tree):
    assert tree.elsewhere == []


def test_names_in_the_rules_are_figures_moves_or_states():
    known = {figure.name for figure in dataclasses.fields(Policy)} | set(MOVES) | set(State.values)

    assert [
        name for name in NAME.findall((BASE / "docs/rules.md").read_text()) if name not in known
    ] == []


def test_no_value_of_a_figure_stands_in_the_rules():
    assert VALUE.findall((BASE / "docs/rules.md").read_text()) == []


@pytest.mark.parametrize("word", ["fault", "law"])
def test_files_a_book_names_do_cite_what_they_are_named_for(tree, word):
    named = [
        (key, name) for key, text in citations.sections(BASE, word) for name in FILE.findall(text)
    ]

    assert len(named) >= len({key for key, _name in named}) > 1
    assert [(key, name) for key, name in named if name not in tree.cited.get(key, ())] == []


def test_every_fault_and_duty_names_a_file_that_shows_it():
    books = [*citations.sections(BASE, "fault"), *citations.sections(BASE, "law")]

    assert [key for key, text in books if key[0] != "invariant" and not FILE.search(text)] == []


# --- Each of these checks can fail: a small tree, and one mistake in it

CALM = {
    "docs/rules.md": "# Rules\n\n### L5 Call\n\nText.\n\n### L9b Code\n\n### M3 Split\n\n### M8 "
    "Papers (not yet)\n",
    "docs/faults.md": "# Faults\n\n### C1 Twice\n\nText.\n\n### M3 Kept error\n\n### I3 Sum\n",
    "docs/law.md": "# Law\n\n### R5 Withdrawal\n",
    "app/verbs.py": '"""Verbs (rule L5, L9b; fault C1)."""\n# Held (rule\n# L9b), see law '
    'R5.\nCODE = "B12 or L5"\n',
    "templates/page.html": "{% comment %}The split (rule M3).{% endcomment %}<b>L5</b>",
    "tests/test_verbs.py": '"""Shown (rule L5-L5, L9b, M3; fault C1, M3; law R5; invariant '
    'I3)."""\n',
}


@pytest.fixture
def small(tmp_path):
    def make(name="app/more.py", text=""):
        for path, content in (CALM | {name: text} if text else CALM).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        return citations.read(tmp_path)

    return make


def complaints(tree):
    found = {
        "unresolved": tree.unresolved(),
        "unshown": tree.unshown(),
        "marked": tree.shown_all_the_same(),
        "twice": tree.twice,
        "bare": tree.bare,
        "elsewhere": tree.elsewhere,
    }
    return {name: rows for name, rows in found.items() if rows}


def test_calm_tree_has_no_complaints(small):
    assert complaints(small()) == {}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("app/more.py", '"""More (rule L6)."""\n', {"unresolved": ["rule L6 app/more.py"]}),
        ("app/more.py", "# Of two (rule L5 and L7)\n", {"unresolved": ["rule L7 app/more.py"]}),
        ("app/more.py", '"""The other book: fault L5."""\n',
            {"unresolved": ["fault L5 app/more.py"]}),
        ("docs/deploy.md", "As fault\nF4 says.\n", {"unresolved": ["fault F4 docs/deploy.md"]}),
        ("tests/test_more.py", "# invariant I3-I5\n", {"unresolved": ["invariant I4 "
                                                                      "tests/test_more.py",
                                                                        "invariant I5 "
                                                                        "tests/test_more.py"]}),
        ("templates/b.html", "{# law R6 #}", {"unresolved": ["law R6 templates/b.html"]}),
        ("app/migrations/0001.py", 'help_text = "Since when (rule D6)."\n',
         {"unresolved": ["rule D6 app/migrations/0001.py"]}),
        ("docs/rules.md", CALM["docs/rules.md"] + "\n### L6 Reminders\n", {"unshown": ["rule L6"]}),
        ("docs/faults.md", CALM["docs/faults.md"] + "\n### T1 Sweeps\n", {"unshown": ["fault T1"]}),
        ("docs/law.md", CALM["docs/law.md"] + "\n### R8 Ranking\n", {"unshown": ["law R8"]}),
        ("docs/law.md", CALM["docs/law.md"] + "\n### R5 Again\n",
            {"twice": ["law R5 docs/law.md"]}),
        ("tests/test_more.py", '"""Papers (rule M8)."""\n', {"marked": ["rule M8"]}),
        ("app/more.py", '"""The code (L9b)."""\n', {"bare": ["app/more.py: L9b"]}),
        ("app/more.py", "# as L5 says\n", {"bare": ["app/more.py: L5"]}),
        ("app/more.py", 'help_text = "The code (L9b)."\n', {"bare": ["app/more.py: L9b"]}),
        ("docs/deploy.md", "As L5 says, and `L5` in code.\n", {"bare": ["docs/deploy.md: L5"]}),
        ("templates/b.html", "{# The split (M3) #}", {"bare": ["templates/b.html: M3"]}),
        ("app/more.py", '"""One place (STYLE 4)."""\n', {"elsewhere": ["app/more.py: STYLE"]}),
        ("app/more.py", '"""Calls (PRODUCT L5)."""\n',
         {"elsewhere": ["app/more.py: PRODUCT L5"], "bare": ["app/more.py: L5"]}),
        ("docs/deploy.md", "See ../shared for more.\n",
            {"elsewhere": ["docs/deploy.md: ../shared"]}),
        ("docs/deploy.md", "See STRIPE.md.\n", {"elsewhere": ["docs/deploy.md: STRIPE.md"]}),
        ("pyproject.toml", "# HOUSE 1\n", {"elsewhere": ["pyproject.toml: HOUSE 1"]}),
    ],
)  # fmt: skip
def test_one_mistake_is_named(small, name, text, found):
    assert complaints(small(name, text)) == found


def test_heading_whose_last_citation_goes_is_named(small):
    fewer = CALM["tests/test_verbs.py"].replace("fault C1, M3", "fault C1")

    assert complaints(small("tests/test_verbs.py", fewer)) == {"unshown": ["fault M3"]}


def test_what_is_not_the_projects_own_is_not_read(small):
    assert complaints(small("static/vendor/lib.js", "// PRODUCT L5, rule Z9\n")) == {}
