"""The drawing of the rooms is the code's, and nothing imports upwards."""

import ast

import pytest

from devstack import floors
from tests.architecture import source


def test_drawing_shows_what_is_imported():
    page = floors.PAGE.read_text(encoding="utf-8")

    assert floors.written(page) == page, "run manage.py floors"


def test_arrow_beside_a_longer_way_is_left_out():
    found = {("top", "middle"), ("middle", "ground"), ("top", "ground")}

    assert floors.needed(found) == [("middle", "ground"), ("top", "middle")]


def test_every_room_stands_on_a_floor():
    rooms = {folder.name for folder in source.BASE.iterdir() if (folder / "__init__.py").exists()}

    assert set(source.APPS) == rooms - {"tests", "bench"}


def rooms_above():
    """room -> those it may not import from."""
    order = floors.floors()
    return {
        room: {one for above in order[:place] for one in above}
        for place, floor in enumerate(order)
        for room in floor
    }


def upward(file: str, tree: ast.Module):
    """Imports of a higher room anywhere in the file: in a function, or only for the type checker,
    is no excuse.
    """
    above = rooms_above()[file.partition("/")[0]]
    for node in ast.walk(tree):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        yield from (
            f"{file}:{node.lineno} {name}" for name in names if name.partition(".")[0] in above
        )


def test_no_import_leads_upwards():
    assert [found for file, tree in source.modules() for found in upward(file, tree)] == []


@pytest.mark.parametrize(
    "line",
    [
        "from customer import booking_page",
        "def late():\n    import customer.views",
        "if TYPE_CHECKING:\n    from backoffice.admin import bookings",
    ],
)
def test_hidden_import_upwards_is_found(line):
    assert len(list(upward("requests_app/access.py", ast.parse(line)))) == 1
