"""No sentence of help, prices, questions or a mail promises what no test keeps (rule N0)."""

import pytest

from tests.promises import promises

KEPT, NOTHING = promises.listed(promises.LIST.read_text())


def test_every_sentence_is_listed():
    """A new one: in promises.txt, with the tests that keep it, or among
    those that promise nothing.
    """
    assert sorted(promises.said() - KEPT.keys() - NOTHING) == []


def test_no_sentence_is_listed_that_nobody_says():
    assert sorted((KEPT.keys() | NOTHING) - promises.said()) == []


def test_every_promise_names_its_tests_and_stands_once():
    assert [sentence for sentence, tests in KEPT.items() if not tests] == []
    assert KEPT.keys() & NOTHING == set()


def test_every_test_that_is_named_exists():
    named = sorted({test for tests in KEPT.values() for test in tests})

    assert [test for test in named if not promises.exists(test)] == []


KEEPERS = promises.keepers(promises.KEEPERS.read_text())


def test_every_keeper_stands_where_the_list_says():
    """bench.promises switches it off: code that has moved on takes its line along."""
    for keeper in KEEPERS.values():
        assert keeper.without()  # raises where the line is not there once


def test_every_keeper_is_that_of_a_promise():
    named = {test for tests in KEPT.values() for test in tests}

    assert sorted(KEEPERS.keys() - named) == []


# --- The list would say so


@pytest.mark.parametrize(
    "node",
    [
        "tests/requests_app/test_cancel.py::test_that_is_not_there",
        "tests/requests_app/test_gone.py::test_draft_is_free",
        "tests/requests_app/test_cancel.py::charged",
        "tests/requests_app/test_cancel.py",
    ],
)
def test_control_a_test_that_is_not_there_is_found(node):
    assert promises.exists("tests/requests_app/test_cancel.py::test_draft_is_free")
    assert not promises.exists(node)


def test_control_a_sentence_that_is_taken_out_of_the_list_is_missed():
    text = promises.LIST.read_text().replace("> Please do not pay, and tell us.", "# ")

    kept, nothing = promises.listed(text)

    missed = promises.said() - kept.keys() - nothing
    assert [sentence[:24] for sentence in missed] == ["Please do not pay, and t"]


def test_control_mails_help_and_prices_are_all_read():
    said = promises.said()

    assert len(said) > 250
    for sentence in ("FAQ", "Prices and guarantee", "Good day,"):
        assert sentence in said
