"""What the tables of money have in common: a charge, a payout, a refund, a dispute each live by one
of them.

A row of a table says from where to where. Who may, when, and what Stripe said is asked before, by
the callers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NEW = ""  # not written down yet


class IllegalTransition(Exception):
    """The table has no such row for this state: a person must look. Nothing was changed."""


@dataclass(frozen=True)
class Transition:
    sources: frozenset[str]
    target: str


def only(*sources: str) -> frozenset[str]:
    return frozenset(sources)


def make(row: Any, table: Mapping[str, Transition], name: str, changes: dict[str, Any]) -> None:
    """Make one transition of a locked row, and write further columns by the same statement.

    Raises IllegalTransition and changes nothing. A repeat is the caller's to see.
    """
    transition, state = table[name], row.state
    if state not in transition.sources:
        raise IllegalTransition(
            f"{row._meta.verbose_name} {row.pk}: {name} from {state or 'nothing'}"
        )
    for column, value in {**changes, "state": transition.target}.items():
        setattr(row, column, value)
    if row._state.adding:
        row.save(force_insert=True)
    else:
        row.save(update_fields=["state", *changes])
