"""How the house stands: one JSON line a figure. `python -m bench.house`."""

import ast
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
WIDE = 120  # columns of a template
PLAYS = ("simulation", "embedded", "devstack")  # rooms that only play or start the product


def say(figure: str, value: object, wanted: str) -> None:
    print(json.dumps({"figure": figure, "value": value, "wanted": wanted}))


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def product(rooms: list[str]) -> dict[str, list[Path]]:
    return {
        room: [
            path for path in sorted((BASE / room).rglob("*.py")) if "migrations" not in path.parts
        ]
        for room in rooms
    }


def functions(paths: list[Path]) -> Iterator[int]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.end_lineno - node.lineno + 1


def main() -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    django.setup()
    from devstack.floors import floors

    rooms = [room for floor in floors() for room in floor]
    files = product(rooms)
    size = {room: sum(map(lines_of, paths)) for room, paths in files.items()}
    whole = sum(size.values())
    contracts = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    say("arrows up, circles, rooms without a floor", contracts.returncode, "0")
    biggest = max(size, key=size.get)
    say("biggest room, percent", {biggest: round(100 * size[biggest] / whole, 1)}, "under 20")
    say(
        "code that only plays or starts, percent",
        round(100 * sum(size[room] for room in PLAYS) / whole, 1),
        "under 20",
    )
    paths = [path for room in rooms for path in files[room]]
    lengths = sorted(map(lines_of, paths))
    say("lines of a file: median, nine tenths, longest", spread(lengths), "60 / 200 / 400")
    say(
        "lines of a function: median, nine tenths, longest",
        spread(sorted(functions(paths))),
        "5 / 17 / 60",
    )
    templates = [
        path
        for folder in (BASE, BASE / "devstack")
        for path in (folder / "templates").rglob("*.html")
    ]
    wide = sum(
        len(line) > WIDE
        for path in templates
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    say(f"template lines over {WIDE} columns", wide, "0")
    say(
        "lines of a template: median, nine tenths, longest",
        spread(sorted(map(lines_of, templates))),
        "25 / 60 / 150",
    )
    long_lines = sum(
        len(line) > 100 for path in paths for line in path.read_text(encoding="utf-8").splitlines()
    )
    say("lines of Python over 100 columns", long_lines, "0")
    say("lines of Python by room", size, "")


def spread(ordered: list[int]) -> list[int]:
    return [int(statistics.median(ordered)), ordered[len(ordered) * 9 // 10], ordered[-1]]


if __name__ == "__main__":
    main()
