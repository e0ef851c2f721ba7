"""What a tick of a checklist says (rule L7, L9, L12)."""

from collections.abc import Iterable, Mapping
from typing import Any

from mila.cleaning import whole_number

MOST_ITEMS = 50


def read_ticks(fields: Mapping[str, str], items: Iterable[str]) -> dict[str, Any]:
    """For the verb: what of one list is ticked, and, where one box was tapped, that box alone.

    What is no item stands for none: the verb passes it over.
    """
    tapped = fields.get("tapped", "")
    return {
        "checklist_id": whole_number(fields.get("checklist", "")),
        "positions": {whole_number(item) for item in list(items)[:MOST_ITEMS]},
        "only": {whole_number(tapped)} if tapped else None,
    }
