"""Only requests_app/lifecycle.py moves a booking.

Other tables have states and writers of their own.
"""

import ast

import pytest

from tests.architecture import source

LIFECYCLE = "requests_app/lifecycle.py"
# Own little tables: whose state is written where. The stand-in has a database of its own.
OWN_TABLES = {
    "accounts/": {"Attempt", "Notification"},
    "dispatch/": {"Offer", "Search"},
    "payments/": {"Charge", "Operation", "StripeEvent"},
    "payments/standin/": None,
    "simulation/": {"Notification"},  # plays the people who get them
}
# A state on an object for one page, made from a booking and never saved.
PAGE_OBJECTS = {"customer/booking_shown.py": {"self"}}
BOOKINGS = {"booking", "bookings", "job", "jobs", "Booking", "draft", "self"}


def writes(tree: ast.Module):
    """Every place that writes a state: (line, who is written)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for part in ast.walk(target):
                    if (
                        isinstance(part, ast.Attribute)
                        and part.attr == "state"
                        and isinstance(part.ctx, ast.Store)
                    ):
                        yield node.lineno, source.dotted(part.value).split(".")[0]
        if isinstance(node, ast.Call):
            name = source.dotted(node.func)
            if name.endswith("update") and any(keyword.arg == "state" for keyword in node.keywords):
                yield node.lineno, name.split(".")[0]
            if (
                name == "setattr"
                and len(node.args) > 1
                and getattr(node.args[1], "value", "") == "state"
            ):
                yield node.lineno, source.dotted(node.args[0]).split(".")[0]
            if name.endswith("bulk_update") and "'state'" in ast.dump(node):
                yield node.lineno, name.split(".")[0]


def allowed(path: str, who: str) -> bool:
    if path == LIFECYCLE or who in PAGE_OBJECTS.get(path, ()):
        return True
    for folder in sorted(OWN_TABLES, key=len, reverse=True):
        if path.startswith(folder):
            models = OWN_TABLES[folder]
            return (
                models is None or who in models or (who not in BOOKINGS and not who[:1].isupper())
            )
    return False


def test_only_the_lifecycle_moves_a_booking():
    found = [
        f"{path}:{line} {who}"
        for path, tree in source.modules()
        for line, who in writes(tree)
        if not allowed(path, who)
    ]

    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "booking.state = 'x'",
        "a.b, booking.state = 1, 2",
        "Booking.objects.filter(pk=1).update(state='x')",
        "setattr(booking, 'state', 'x')",
        "Booking.objects.bulk_update([b], ['state'])",
    ],
)
def test_the_walk_sees_such_a_write(code):
    (_, who), *_ = writes(ast.parse(code))

    assert not allowed("requests_app/actions.py", who)
    assert not allowed("dispatch/offers.py", who)
    assert allowed(LIFECYCLE, who)
