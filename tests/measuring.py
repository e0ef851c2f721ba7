"""What counts as tested (bin/coverage_gate): the lines a test reaches by what it does itself.

Not what sets its scene, nor what the walks through everything pass by the way: they would make the
gate softer, and the tracer takes half as long again as the tests (docs/decisions/0033).
"""

from collections import Counter
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

# A test with many rows of parameters reaches its lines with the first of them; but what must be
# reached whole says so row by row.
ROWS = 3
EACH_ROW = (
    "tests/backoffice/test_policy",
    "tests/catalogue/test_split",
    "tests/payments/test_charge",
    "tests/payments/test_webhooks",
    "tests/policy/",
)
# They ask every page as everybody, and judge what is answered.
WALKS = ("tests/access_matrix/", "tests/leak_detection/")
_row = pytest.StashKey[int]()


def number_rows(items) -> None:
    """Each test's place among those of its function, whatever order they will run in."""
    seen = Counter()
    for item in sorted(items, key=lambda item: item.nodeid):
        function = item.nodeid.partition("[")[0]
        item.stash[_row] = seen[function]
        seen[function] += 1


def unmeasured(config) -> AbstractContextManager:
    """Nothing in this block counts, but for what `measured` takes out again."""
    return _turned(config, on=False)


def measured(item) -> AbstractContextManager:
    """What this test itself does counts, if it is no walk, looks at no browser, and is none of many
    rows.
    """
    if (
        item.nodeid.startswith(WALKS)
        or item.get_closest_marker("browser")
        or (item.stash[_row] >= ROWS and not item.nodeid.startswith(EACH_ROW))
    ):
        return nullcontext()
    return _turned(item.config, on=True)


def _turned(config, *, on: bool) -> AbstractContextManager:
    plugin = config.pluginmanager.getplugin("_cov")
    controller = plugin and plugin.cov_controller  # none without --cov
    return _while(controller, on) if controller else nullcontext()


@contextmanager
def _while(controller, on: bool):
    turn, back = controller.pause, controller.resume
    if on:
        turn, back = back, turn
    turn()
    try:
        yield
    finally:
        back()
