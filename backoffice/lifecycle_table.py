"""The README's lifecycle table, printed from the table itself, so that it cannot lie."""

from pathlib import Path

from requests_app.models import State
from requests_app.moves import MOVES, Move

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- lifecycle: begin -->", "<!-- lifecycle: end -->"


def table() -> str:
    """Markdown, one row a move, in the order of the table."""
    rows = [
        "| move | from | to | who may | opens | clock that starts | notices |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(rows + [_row(name, move) for name, move in MOVES.items()])


def _row(name: str, move: Move) -> str:
    sources = ", ".join(state for state in State if state in move.sources)
    due = [_words(move.due)] if move.due else []
    clocks = ", ".join(due + [kind.value.replace("_", " ") for kind, _due in move.clocks]) or "–"
    notices = ", ".join(kind.replace("_", " ") for kind in move.notices) or "–"
    opens = move.opens.__name__.removesuffix("_opens") if move.opens else "–"
    roles = ", ".join(sorted(move.roles))
    return f"| `{name}` | {sources} | {move.target} | {roles} | {opens} | {clocks} | {notices} |"


def _words(due: object) -> str:
    return f"**{due.__name__.replace('_', ' ')}**"  # type: ignore[attr-defined]


def written(text: str) -> str:
    """The README's text with the table of today between its marks."""
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
