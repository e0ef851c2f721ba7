"""Is each promise of tests/promises seen to fail with what keeps it switched off?
`python -m bench.promises`: one JSON line a promise, then the count.
`--only test_cancel test_move`: those whose test is called so.

promises.txt names the tests of a promise, keepers.txt what keeps each of these: lines of the
product, and the same lines without it. "unnamed": nobody has said yet which lines that is; "red as
it is": the test fails with its keeper too. Nothing is written: each is a child of one run of pytest
with other functions (bench.mutants), another table of a module, or another template.
"""

import argparse
import gc
import importlib
import json
import sys
import types
from unittest import mock

import pytest
from django.conf import settings
from django.db import connections
from django.template import engines
from django.template.loaders.filesystem import Loader

from bench import mutants
from tests.promises import promises
from tests.promises.promises import Keeper

WORSE = ("red as it is", "survived", "unnamed")
# Run first, so that the databases are there. None of those that are asked: what it begins, a
# thread, a connection, would be missing in their children.
FIRST = "tests/mila/test_clock.py::test_clock_is_aware_utc_and_the_present"


class Keepers(mutants.Mutants):
    """Instead of the tests: one test, so that the databases are there, then a child for each."""

    def __init__(self, kept: dict[str, list[str]], keepers: dict[str, Keeper]):
        self.kept, self.keepers, self.failed = kept, keepers, ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        first = next(item for item in session.items if item.nodeid == FIRST)
        first.config.hook.pytest_runtest_protocol(item=first, nextitem=session.items[-1])
        connections.close_all()
        gc.unfreeze()  # frozen objects are not listed, and functions are among them
        became = {test: self._without(test, session.items) for test in self.keepers}
        count = dict.fromkeys(("killed", *WORSE), 0)
        for promise, tests in self.kept.items():
            named = [test for test in tests if test in became]
            how = {became[test] for test in named} or {"unnamed"}
            word = next((word for word in WORSE if word in how), "killed")
            count[word] += 1
            keepers = [
                f"{self.keepers[test].path}: {lines}"
                for test in named
                for lines, _instead in self.keepers[test].changes
            ]
            print(json.dumps({"promise": promise, "keeper": keepers, "became": word}), flush=True)
        print(json.dumps({"promises": len(self.kept), **count}), flush=True)
        return True

    def _without(self, test: str, items: list[pytest.Item]) -> str:
        found = [item for item in items if item.nodeid.partition("[")[0] == test]
        keeper = self.keepers[test]
        if not found:
            raise pytest.UsageError(f"{test} is not there")
        if self._by(found, None):
            became = "red as it is"
        else:
            became = "killed" if self._by(found, keeper) else "survived"
        print(json.dumps({"test": test, "became": became}), file=sys.stderr, flush=True)
        return became

    def _put_in_place(self, what: Keeper) -> None:
        put_in_place(what)


def put_in_place(keeper: Keeper) -> None:
    """In this process the product is what it would be without it."""
    path, text = str(mutants.BASE / keeper.path), keeper.without()
    if not path.endswith(".py"):
        _template_in_place(path, text)
        return
    if keeper.path == "mila/settings.py":
        _settings_in_place(keeper)
        return
    # what nobody has asked for yet would come from the file, keeper and all
    importlib.import_module(keeper.path.removesuffix(".py").replace("/", "."))
    code = compile(text, path, "exec")
    mutants.put_in_place(code)
    if keeper.is_in_a_table():
        _tables_in_place(path, code)


def _template_in_place(path: str, text: str) -> None:
    of_the_file = Loader.get_contents

    def get_contents(self, origin):
        return text if origin.name == path else of_the_file(self, origin)

    mock.patch.object(Loader, "get_contents", get_contents).start()
    for engine in engines.all():
        for loader in engine.engine.template_loaders:
            loader.reset()


def _settings_in_place(keeper: Keeper) -> None:
    for _lines, instead in keeper.changes:
        found: dict[str, object] = {}
        exec(instead, found)
        for name in filter(str.isupper, found):
            setattr(settings, name, found[name])


def _tables_in_place(path: str, code: types.CodeType) -> None:
    """The module's dictionaries hold what they would: whoever imported them holds the same ones."""
    (module,) = (one for one in sys.modules.values() if getattr(one, "__file__", "") == path)
    fresh = {"__name__": module.__name__, "__package__": module.__package__, "__file__": path}
    exec(code, fresh)
    for name, table in fresh.items():
        there = getattr(module, name, None)
        if isinstance(table, dict) and isinstance(there, dict) and name.isupper():
            there.clear()
            there.update(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[""], help="parts of the tests' names")
    only = parser.parse_args().only
    kept, _nothing = promises.listed(promises.LIST.read_text())
    keepers = promises.keepers(promises.KEEPERS.read_text())
    asked = {test: keeper for test, keeper in keepers.items() if any(word in test for word in only)}
    if len(asked) < len(keepers):
        kept = {promise: tests for promise, tests in kept.items() if asked.keys() & tests}
    options = ["-n0", "-s", "-p", "no:randomly", "-m", "not browser and not race", "--tb=no"]
    # by name: to import the product chooses the site's own settings
    options.append("--ds=tests.settings")
    return pytest.main([*options, FIRST, *asked], plugins=[Keepers(kept, asked)])


if __name__ == "__main__":
    sys.exit(main())
