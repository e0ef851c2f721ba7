"""Only its table moves a charge, or a payout: no second writer can forget
what the table refuses.
"""

import ast

import pytest

from tests.architecture import source

TABLES = (
    "payments/transitions.py",
    "payments/charges/table.py",
    "payments/payouts/table.py",
    "payments/refunds/table.py",
    "payments/disputes/table.py",
)
# Rows of other tables, whose state is written beside a charge's.
OTHERS = {"operation", "Operation", "event", "StripeEvent"}
MAKERS = {"create", "get_or_create", "update_or_create", "update", "bulk_create"}


def writes(tree: ast.Module):
    """Every place that may write a charge's state: (line, who is written)."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="state", ctx=ast.Store()):
                yield node.lineno, source.dotted(node.value).split(".")[0]
            case ast.Call(keywords=keywords):
                *owner, name = source.dotted(node.func).split(".")
                given = {keyword.arg for keyword in keywords} | {
                    key.value
                    for keyword in keywords
                    for key in getattr(keyword.value, "keys", [])
                    if isinstance(key, ast.Constant)
                }
                if "state" in given and (name in MAKERS or name == "Charge"):
                    yield node.lineno, owner[0] if owner else name
                if name == "bulk_update":
                    yield node.lineno, owner[0]
                if name == "setattr" and not isinstance(node.args[1], ast.Constant):
                    yield node.lineno, source.dotted(node.args[0])
                if name == "setattr" and getattr(node.args[1], "value", "") == "state":
                    yield node.lineno, source.dotted(node.args[0])


def found(path: str, tree: ast.Module) -> list[str]:
    if path in TABLES or path.startswith("payments/standin/"):
        return []
    everywhere = {
        name
        for row in ("charge", "payout", "refund", "dispute")
        for name in (row, row.title(), f"{row}s")
    }
    return [
        f"{path}:{line} {who}"
        for line, who in writes(tree)
        if (who not in OTHERS if path.startswith("payments/") else who in everywhere)
    ]


def test_only_the_table_moves_a_charge():
    assert [one for path, tree in source.modules() for one in found(path, tree)] == []


@pytest.mark.parametrize(
    "code",
    [
        "charge.state = 'x'",
        "charge.next_at, charge.state = 1, 'x'",
        "Charge.objects.filter(pk=1).update(state='x')",
        "Charge.objects.get_or_create(pk=1, defaults={'state': 'x'})",
        "Charge(state='x')",
        "setattr(charge, 'state', 'x')",
        "for column, value in plan.items(): setattr(charge, column, value)",
        "Charge.objects.bulk_update([c], ['state'])",
    ],
)
def test_the_walk_sees_such_a_write(code):
    tree = ast.parse(code)

    assert found("payments/charges/outcomes.py", tree)
    assert found("payments/actions.py", tree)
    assert found(TABLES[0], tree) == []


def test_the_other_rows_of_money_have_states_of_their_own():
    tree = ast.parse("operation.state = 'done'; Operation(state='sent'); event.state = 'x'")

    assert found("payments/charges/rows.py", tree) == []
