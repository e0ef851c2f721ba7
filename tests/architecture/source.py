"""Walking the project's own source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from devstack.floors import floors

BASE = Path(__file__).resolve().parent.parent.parent
APPS = tuple(sorted(room for floor in floors() for room in floor))


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Each module of product code by its path in the project; migrations are history."""
    return tuple(
        (path.relative_to(BASE).as_posix(), ast.parse(path.read_text()))
        for app in APPS
        for path in sorted((BASE / app).rglob("*.py"))
        if "migrations" not in path.parts
    )


def templates() -> Iterator[tuple[str, str]]:
    for folder in (BASE / "templates", *(BASE / app for app in APPS)):
        for path in sorted(folder.rglob("*.html")):
            yield path.relative_to(BASE).as_posix(), path.read_text()


def dotted(node: ast.AST) -> str:
    """`a.b().c` of an expression as "a.b.c"; what has no name is left out."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}".lstrip(".")
        case ast.Call():
            return dotted(node.func)
        case ast.Subscript():
            return dotted(node.value)
    return ""
