"""How the house stands: one JSON line a figure. `python -m bench.house`."""

import ast
import json
import os
import statistics
from collections.abc import Iterable
from pathlib import Path

import django
import grimp

BASE = Path(__file__).resolve().parent.parent
PLAYS = ("simulation", "embedded", "devstack")  # rooms that only play or start the product
TEMPLATE_COLUMNS = 120
PYTHON_COLUMNS = 100
# The most that may be, held by tests/architecture/test_house.py. The other figures are looked at.
PROMISES = {
    "arrows up": 0,
    "modules in circles": 0,
    "biggest room, percent": 20,
    "rooms that only play or start, percent": 20,
    "wide template lines": 0,
    "wide Python lines": 0,
    "unresolved citations": 0,
    "longest file": 400,
}


def figures() -> dict[str, object]:
    """Each figure by its name. Needs Django to be set up."""
    from devstack.floors import arrows, floors
    from tests.architecture import citations, source

    place = {room: number for number, floor in enumerate(floors()) for room in floor}
    python = [BASE / path for path, _tree in source.modules()]
    lines = dict.fromkeys(place, 0)
    for path in python:
        lines[path.relative_to(BASE).parts[0]] += _lines(path)
    whole = sum(lines.values())
    templates = [BASE / path for path, _text in source.templates()]
    return {
        "arrows up": sum(place[room] >= place[below] for room, below in arrows()),
        "modules in circles": len(in_circles(_imports(place))),
        "biggest room, percent": round(100 * max(lines.values()) / whole, 1),
        "rooms that only play or start, percent": round(
            100 * sum(lines[room] for room in PLAYS) / whole, 1
        ),
        "wide template lines": _wide(templates, TEMPLATE_COLUMNS),
        "wide Python lines": _wide(python, PYTHON_COLUMNS),
        "unresolved citations": len(citations.read(BASE).unresolved()),
        "longest file": max(map(_lines, python)),
        "lines of a file: median, nine tenths, longest": _spread(map(_lines, python)),
        "lines of a function: median, nine tenths, longest": _spread(
            node.end_lineno - node.lineno + 1
            for path in python
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        "lines of a template: median, nine tenths, longest": _spread(map(_lines, templates)),
        "lines by room": lines,
    }


def in_circles(imports: dict[str, set[str]]) -> set[str]:
    """The modules of each circle, with those on a way from one circle to another."""
    left = set(imports)
    while True:
        imported = set().union(*(imports[module] & left for module in left))
        fewer = {module for module in left & imported if imports[module] & left}
        if fewer == left:
            return left
        left = fewer


def _imports(rooms: Iterable[str]) -> dict[str, set[str]]:
    """Every import counts: one inside a function, or only for the type checker, too."""
    graph = grimp.build_graph(*rooms, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _wide(paths: list[Path], columns: int) -> int:
    return sum(
        len(line) > columns
        for path in paths
        for line in path.read_text(encoding="utf-8").splitlines()
    )


def _spread(numbers: Iterable[int]) -> list[int]:
    ordered = sorted(numbers)
    return [int(statistics.median(ordered)), ordered[len(ordered) * 9 // 10], ordered[-1]]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    django.setup()
    for name, value in figures().items():
        print(json.dumps({"figure": name, "value": value, "at most": PROMISES.get(name)}))


if __name__ == "__main__":
    main()
