"""Which small faults do the tests of lifecycle, deadlines, offers, charges and money notice?
`python -m bench.mutants --mutants 200 --seed 1`: one JSON line a mutant, then the share.

Nothing is written: each mutant is a child of one run of pytest, with other code in its functions. A
survivor is a hole, or says the same in other words: judge each. The test that fails is asked again
without the mutant; where it fails then too, the mutant is not counted.
"""

import argparse
import ast
import gc
import json
import os
import random
import resource
import sys
import time
import types
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

BASE = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 600  # of the processor; a loop that never ends is noticed too
QUICK = 80  # tests
# The code, and the tests that reach it: those that fail first, then the others of the directory.
VISIT = "confirm record_call depart_arrive_start release cancel move assign finish sign_off"
BESIDE = "silence undo half_done no_show fail_visit withdraw refuse_decide sweeps lifecycle_table"
SEARCH = "open_window claim_offer expire_offer reserve reserve_order tap pool wished decline_offer"
NIGHT = "search_end acknowledge night caps unconfirmed withdraw tasks sweeps outages alerts as_of"
CHARGE = "charge charge_outcomes charge_unknown charge_table held fee_in_vain sweeps webhooks cards"
REACHED_BY = {
    "requests_app/deadlines.py": ("requests_app", f"deadlines {VISIT} {BESIDE} outages"),
    "requests_app/lifecycle.py": ("requests_app", f"{VISIT} {BESIDE} notices outages"),
    "requests_app/moves.py": ("requests_app", f"{VISIT} {BESIDE} notices"),
    "dispatch/offers/*.py": ("dispatch", f"{SEARCH} {NIGHT}"),
    "payments/charges/*.py": ("payments", f"{CHARGE} charge_crash ways door_price outages"),
    "catalogue/money.py": ("catalogue", "split"),
}

OTHER = {
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
}
Mutation = tuple[str, int, Callable[[random.Random], None]]


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """(kind, line, what makes it) of all that can go wrong inside this module's functions."""
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    for node in dict.fromkeys(
        node for one in functions for part in one.body for node in ast.walk(part)
    ):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield "comparison flipped", line, _flip(node)
        elif isinstance(node, ast.BoolOp):
            yield "and, or swapped", line, _swap(node)
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            yield "constant one off", line, _off(node)
        elif isinstance(node, ast.Return) and node.value is not None:
            yield "return value dropped", line, _drop(node)
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            yield "condition negated", node.test.lineno, _negate(node)
    for node in [*functions, *ast.walk(tree)]:
        if isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.With | ast.Try):
            for place, one in enumerate(node.body):
                if _does(one):
                    yield "statement removed", one.lineno, _remove(node.body, place)


def _does(one: ast.stmt) -> bool:
    """What is left out of the log is nobody's promise, and a docstring does nothing."""
    if isinstance(one, ast.Expr):
        return isinstance(one.value, ast.Call) and "logger." not in ast.unparse(one)
    return isinstance(one, ast.Assign | ast.AugAssign | ast.Raise | ast.Delete)


def _flip(node: ast.Compare):
    return lambda dice: node.ops.__setitem__(0, dice.choice(OTHER[type(node.ops[0])])())


def _swap(node: ast.BoolOp):
    return lambda dice: setattr(node, "op", OTHER[type(node.op)][0]())


def _off(node: ast.Constant):
    return lambda dice: setattr(node, "value", node.value + dice.choice((-1, 1)))


def _drop(node: ast.Return):
    return lambda dice: setattr(node, "value", None)


def _negate(node: ast.If | ast.IfExp | ast.While):
    return lambda dice: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))


def _remove(body: list[ast.stmt], place: int):
    return lambda dice: body.__setitem__(place, ast.Pass())


def draw(wanted: int, seed: int) -> Iterator[tuple[str, str, int, types.CodeType]]:
    """(path, kind, line, the code of the module with it) of so many different mutants."""
    dice = random.Random(seed)
    sources = {
        path.relative_to(BASE).as_posix(): path.read_text()
        for pattern in REACHED_BY
        for path in sorted(BASE.glob(pattern))
    }
    known = [
        (path, number)
        for path, text in sources.items()
        for number, _one in enumerate(mutations(ast.parse(text)))
    ]
    for path, number in dice.sample(known, wanted):
        tree = ast.parse(sources[path])
        kind, line, make = list(mutations(tree))[number]
        make(dice)
        yield path, kind, line, compile(ast.fix_missing_locations(tree), str(BASE / path), "exec")


def put_in_place(mutant: types.CodeType) -> None:
    """Every function of this file that lives in the process does what the mutant's does."""
    codes = {(one.co_qualname, one.co_firstlineno): one for one in _codes(mutant)}
    for one in gc.get_objects():
        if isinstance(one, types.FunctionType) and one.__code__.co_filename == mutant.co_filename:
            known = (one.__code__.co_qualname, one.__code__.co_firstlineno)
            one.__code__ = codes.get(known, one.__code__)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from _codes(one)


class Mutants:
    """Instead of the tests: one test, so that the databases are there, then a child for each."""

    def __init__(self, wanted: int, seed: int, *, quick: bool):
        self.wanted, self.seed, self.quick = wanted, seed, quick
        self.failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        first, *others = [item for item in session.items if "db" in item.fixturenames]
        first.config.hook.pytest_runtest_protocol(item=first, nextitem=others[-1])
        connections.close_all()
        gc.unfreeze()  # frozen objects are not listed, and functions are among them
        killed = made = 0
        for path, kind, line, mutant in draw(self.wanted, self.seed):
            began = time.monotonic()
            by = self._by(self._reaching(path, line, session.items), mutant)
            control = [item for item in session.items if item.nodeid == by]
            red = bool(control and self._by(control, None))
            if not red:
                killed, made = killed + bool(by), made + 1
            said = {
                "mutant": f"{path}:{line}",
                "kind": kind,
                "code": (BASE / path).read_text().splitlines()[line - 1].strip(),
                "killed by": by,
                "red without it": red,
                "seconds": round(time.monotonic() - began),
            }
            print(json.dumps(said), flush=True)
        print(json.dumps({"mutants": made, "seed": self.seed, "killed": killed}), flush=True)
        return True

    def _reaching(self, path: str, line: int, items: list[pytest.Item]) -> list[pytest.Item]:
        """Tests of files that name the function first, then in the order given above."""
        room, names = next(tests for pattern, tests in REACHED_BY.items() if fnmatch(path, pattern))
        order = [f"tests/{room}/test_{name}.py" for name in names.split()]
        functions = [
            node.name
            for node in ast.walk(ast.parse((BASE / path).read_text()))
            if isinstance(node, ast.FunctionDef) and node.lineno <= line <= node.end_lineno
        ]

        def place(item: pytest.Item) -> tuple[bool, int]:
            names_it = any(one in item.path.read_text() for one in functions)
            file = item.nodeid.partition("::")[0]
            return not names_it, order.index(file) if file in order else len(order)

        reaching = sorted(
            (item for item in items if item.nodeid.startswith(f"tests/{room}/")), key=place
        )
        return reaching[:QUICK] if self.quick else reaching

    def _put_in_place(self, mutant: Any) -> None:
        put_in_place(mutant)

    def _by(self, items: list[pytest.Item], mutant: Any) -> str:
        """The test of a child that failed first, or nothing."""
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_SECONDS, PATIENCE_SECONDS))
                if mutant is not None:
                    self._put_in_place(mutant)
                # The last one is followed by itself: the databases stay for the next child.
                for item, following in zip(items, [*items[1:], *items[-1:]], strict=True):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if self.failed:
                        break
            except BaseException as error:  # whatever it is, the child ends here
                self.failed = self.failed or repr(error)
            os.write(tell, self.failed.encode())
            os._exit(0)
        os.close(tell)
        _pid, status = os.waitpid(child, 0)
        with os.fdopen(told) as said:
            return "no end" if status else said.read()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--quick", action="store_true", help=f"only the nearest {QUICK} tests of each"
    )
    asked = parser.parse_args()
    rooms = sorted({f"tests/{room}" for room, _names in REACHED_BY.values()})
    options = ["-n0", "-s", "-p", "no:randomly", "-m", "not browser and not race", "--tb=no"]
    plugin = Mutants(asked.mutants, asked.seed, quick=asked.quick)
    return pytest.main([*options, *rooms], plugins=[plugin])


if __name__ == "__main__":
    sys.exit(main())
