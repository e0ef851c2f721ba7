"""The drawing of the rooms in docs/architecture.md, made from what the code really imports."""

import re
import tomllib

import grimp
from django.conf import settings

PAGE = settings.BASE_DIR / "docs" / "architecture.md"
DRAWN = re.compile(r"(?<=<!-- drawing -->\n).*?(?=<!-- end of the drawing -->)", re.DOTALL)


def floors() -> list[list[str]]:
    """The rooms by floor, the highest first, as the contract in pyproject.toml has them."""
    contracts = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
    layers = next(one for one in contracts if one["name"] == "Imports go one way")["layers"]
    return [re.split(r"\s*[|:]\s*", layer) for layer in layers]


def arrows() -> set[tuple[str, str]]:
    """(room, room it imports from) of all rooms."""
    rooms = [room for floor in floors() for room in floor]
    graph = grimp.build_graph(*rooms, cache_dir=None)
    for room in rooms:
        graph.squash_module(room)
    return {
        (room, below)
        for room in rooms
        for below in graph.find_modules_directly_imported_by(room) - {room}
    }


def needed(found: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that say something: an arrow beside which a longer way leads down to the same room is
    left out.
    """

    def reached(room: str) -> set[str]:
        direct = {below for start, below in found if start == room}
        return direct.union(*map(reached, direct))

    return sorted(
        (room, below)
        for room, below in found
        if not any(below in reached(other) for start, other in found if start == room)
    )


def drawing() -> str:
    lines = ["```mermaid", "flowchart TD"]
    for number, floor in enumerate(floors()):
        lines.append(f"    subgraph floor{len(floors()) - number}[floor {len(floors()) - number}]")
        lines += [f"        {room}" for room in floor]
        lines.append("    end")
    lines += [f"    {room} --> {below}" for room, below in needed(arrows())]
    return "\n".join([*lines, "```", ""])


def written(page: str) -> str:
    """The page with the present drawing in its place."""
    return DRAWN.sub(lambda _found: drawing(), page)
