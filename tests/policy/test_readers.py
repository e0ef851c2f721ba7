"""Each figure of the policy is read by the product, and what is marked for later is not."""

import re
from pathlib import Path

import pytest

from policy.figures import FIGURES
from tests.architecture.source import APPS

ROOT = Path(__file__).resolve().parents[2]
# As a column of `policy`, wherever it was got from; or by name out of a stored policy in SQL.
READS = r"""[Pp]olicy(?:\(\)|"\])?\.{0}\b|policy_at\([^()]*(?:\(\)[^()]*)?\)\.{0}\b|->>? '{0}'"""


def product():
    """Everything the product is made of, but the policy itself and what only plays or starts it."""
    folders = [app for app in APPS if app not in ("policy", "devstack")]
    files = [file for app in folders for file in (ROOT / app).rglob("*.py")]
    files += (ROOT / "templates").rglob("*.html")
    skipped = {"migrations", "simulation"}
    return "\n".join(file.read_text() for file in files if not skipped & set(file.parts))


SOURCE = product()


def is_read(key, source=SOURCE):
    return re.search(READS.format(re.escape(key)), source) is not None


@pytest.mark.parametrize("key", [key for key, one in FIGURES.items() if not one.later])
def test_figure_is_read(key):
    assert is_read(key), f"{key}: nothing reads it; delete it, or say what will (later=)"


@pytest.mark.parametrize("key", [key for key, one in FIGURES.items() if one.later])
def test_figure_for_later_is_not_read_yet(key):
    assert not is_read(key), f"{key}: it is read, so it may be set: take its mark away"


def test_unread_figure_would_be_found():
    assert not is_read("a_figure_nobody_reads")
    assert is_read("a", "booking.policy.a")
    assert is_read("a", 'shop["policy"].a')
    assert is_read("a", "policy_at(at, country).a")
    assert is_read("a", "(p.policy ->> 'a')::int")
    assert not is_read("a", "page.a")
