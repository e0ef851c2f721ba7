"""What the tests assert no longer, or otherwise, since another commit: one JSON line a test, then
the totals. `python -m bench.asserts BASE`.

A function that was renamed or moved counts as the one that holds most of its asserts now.
"""

import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent


def asserts(source: str) -> Iterator[tuple[str, Counter[str]]]:
    """(name, its asserts) of every function that has any; `pytest.raises` is one too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = Counter(ast.unparse(one) for one in ast.walk(node) if _asserts(one))
            if found:
                yield node.name, found


def _asserts(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) == "pytest.raises"
    return isinstance(node, ast.Assert)


Tests = dict[tuple[str, str], Counter[str]]


def lost(before: Tests, now: Tests) -> Iterator[tuple[tuple[str, str], str, list[str], list[str]]]:
    """(test, what became of it, asserts it had, asserts that came) for each that lost one."""
    for key, had in before.items():
        heir = key if key in now else _heir(key, had, now)
        has = now.get(heir, Counter())
        if gone := list((had - has).elements()):
            fate = "assert changed" if heir else "function gone"
            yield key, fate, gone, list((has - had).elements())


def _heir(key: tuple[str, str], had: Counter[str], now: Tests) -> tuple[str, str] | None:
    """Of those with its name, or that hold more than half of its asserts: the most alike."""
    shared = {one: (has & had).total() for one, has in now.items()}
    return max(
        (one for one in now if one[1] == key[1] or 2 * shared[one] > had.total()),
        key=lambda one: (
            one[1] == key[1],
            shared[one],
            SequenceMatcher(None, one[0], key[0]).ratio(),
        ),
        default=None,
    )


def tests_at(commit: str) -> Tests:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=BASE, check=True, capture_output=True, text=True
        ).stdout

    listed = git("ls-tree", "-r", "--name-only", commit, "tests").split()
    paths = [path for path in listed if path.endswith(".py")]
    return {
        (path, name): found
        for path in paths
        for name, found in asserts(git("show", f"{commit}:{path}"))
    }


def main() -> None:
    totals: Counter[str] = Counter()
    before, now = tests_at(sys.argv[1]), tests_at("HEAD")
    for (path, name), fate, gone, came in lost(before, now):
        totals[fate] += 1
        totals[f"{fate}: asserts"] += len(gone)
        print(json.dumps({"test": f"{path}::{name}", "fate": fate, "gone": gone, "came": came}))
    print(
        json.dumps(
            {
                "asserts before": sum(found.total() for found in before.values()),
                "asserts now": sum(found.total() for found in now.values()),
                **totals,
            }
        )
    )


if __name__ == "__main__":
    main()
