"""Which small faults do the tests of lifecycle, deadlines, offers, charges and money notice?
`python -m bench.mutants --mutants 200 --seed 1`: one JSON line a mutant, then the share.

In a copy that is thrown away. A survivor is a hole, or says the same in other words: judge each. A
test that fails by itself is named by all mutants of its room.
"""

import argparse
import ast
import json
import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 900  # a loop that never ends is noticed too
# The code, and the tests that reach it: those that fail first, then the directory of the room.
VISIT = "confirm record_call depart_arrive_start release cancel move assign finish sign_off"
BESIDE = "silence undo half_done no_show fail_visit withdraw refuse_decide sweeps lifecycle_table"
SEARCH = "open_window claim_offer expire_offer reserve reserve_order tap pool wished decline_offer"
NIGHT = "search_end acknowledge night caps unconfirmed withdraw tasks sweeps outages alerts as_of"
CHARGE = "charge charge_outcomes charge_table held fee_in_vain sweeps webhooks cards"
REACHED_BY = {
    "requests_app/deadlines.py": ("requests_app", f"deadlines {VISIT} {BESIDE} outages"),
    "requests_app/lifecycle.py": ("requests_app", f"{VISIT} {BESIDE} notices"),
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
    """(kind, line, what makes it) of all that can go wrong in this module."""
    for node in ast.walk(tree):
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


def draw(root: Path, wanted: int, seed: int) -> Iterator[tuple[str, str, int, str]]:
    """(path, kind, line, the file with it) of so many different mutants of all there are."""
    dice = random.Random(seed)
    sources = {
        path.relative_to(root).as_posix(): path.read_text()
        for pattern in REACHED_BY
        for path in sorted(root.glob(pattern))
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
        yield path, kind, line, ast.unparse(ast.fix_missing_locations(tree))


def noticed(copy: Path, path: str, *, quick: bool) -> str:
    """The test that failed first, or nothing."""
    room, names = next(tests for pattern, tests in REACHED_BY.items() if fnmatch(path, pattern))
    first = [f"tests/{room}/test_{name}.py" for name in names.split()]
    for asked in [first] if quick else [first, [f"tests/{room}"]]:
        command = [".venv/bin/python", "-m", "pytest", "-q", "-n0", "-x", "-p", "no:randomly"]
        command += [
            "--tb=no",
            "--reuse-db",
            "-m",
            "not browser",
            *asked,
        ]
        try:
            ran = subprocess.run(
                command,
                cwd=copy,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "no end"
        if ran.returncode:
            failed = re.search(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
            return failed[1] if failed else ran.stdout[-300:] + ran.stderr[-300:]
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="only the tests that fail first")
    asked = parser.parse_args()
    killed = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        os.chmod(folder, 0o711)  # the servers of the tests, which are another user's, stay in it
        copy = Path(folder) / "mila"
        subprocess.run(["git", "clone", "-q", str(BASE), str(copy)], check=True)
        (copy / ".venv").symlink_to((BASE / ".venv").resolve())
        for path, kind, line, text in draw(copy, asked.mutants, asked.seed):
            whole, began = (copy / path).read_text(), time.monotonic()
            (copy / path).write_text(text)
            by = noticed(copy, path, quick=asked.quick)
            (copy / path).write_text(whole)
            killed += bool(by)
            said = {
                "mutant": f"{path}:{line}",
                "kind": kind,
                "code": whole.splitlines()[line - 1].strip(),
                "killed by": by,
                "seconds": round(time.monotonic() - began),
            }
            print(json.dumps(said), flush=True)
    print(json.dumps({"mutants": asked.mutants, "seed": asked.seed, "killed": killed}))


if __name__ == "__main__":
    main()
