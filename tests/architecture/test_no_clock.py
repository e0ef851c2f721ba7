"""mila_now() is the only clock of the product (fault T10, T13)."""

import ast
import re

import pytest

from tests.architecture import source

CLOCKS = re.compile(
    r"(^|\.)(timezone\.(now|localdate|localtime)|datetime\.(now|utcnow|today)|date\.today|time\.time|time_ns|localdate)$"
)
SQL = re.compile(
    r"(?<![_\w.])now\(\)|current_timestamp|current_date|localtimestamp|transaction_timestamp",
    re.IGNORECASE,
)
VERB = re.compile(r"\b(SELECT|UPDATE|INSERT|DELETE|WHERE)\b")
IMPORTED = {
    ("django.utils.timezone", "now"),
    ("django.utils.timezone", "localdate"),
    ("time", "time"),
}
IMPORTED |= {("django.db.models.functions", "Now")}
# Where the wall clock is meant: no deadline of a booking hangs on it.
MEANT = {
    "mila/clock.py": "the day on which a demo begins",
    "mila/streams/publish.py": "a ticket's end; the stream process has no database",
    "mila/streams/server.py": "the same",
    "mila/second_factor.py": "a session is about a person at a desk; the demo's clock jumps",
    "mila/web/middleware.py": "the same",
    "simulation/factor.py": "an authenticator app's own clock",
    "payments/standin/": "the stand-in is another firm, with a clock of its own",
    "payments/gateway/events.py": "the age of a signature is counted by the sender's clock",
    "devstack/launch.py": "starts processes; no Django yet",
    "devstack/running.py": "ends processes; no Django yet",
    "mila/probe.py": "the same",
    "devstack/smoke_check.py": "the same",
}


def clocks(tree: ast.Module):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and CLOCKS.search(source.dotted(node.func)):
            yield node.lineno, source.dotted(node.func)
        if isinstance(node, ast.keyword) and node.arg in ("auto_now", "auto_now_add"):
            yield node.value.lineno, node.arg
        if (
            isinstance(node, ast.keyword)
            and node.arg == "default"
            and CLOCKS.search(source.dotted(node.value))
        ):
            yield node.value.lineno, source.dotted(node.value)
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                if (node.module, name.name) in IMPORTED:
                    yield node.lineno, f"{node.module}.{name.name}"
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and SQL.search(node.value)
            and VERB.search(node.value)
        ):
            yield node.lineno, "SQL's own clock"


def test_no_other_clock_in_product_code():
    found = [
        f"{path}:{line} {name}"
        for path, tree in source.modules()
        if not path.startswith(tuple(MEANT))
        for line, name in clocks(tree)
    ]

    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "timezone.now()",
        "datetime.datetime.now(UTC)",
        "datetime.utcnow()",
        "date.today()",
        "time.time()",
        "DateTimeField(auto_now_add=True)",
        "DateTimeField(default=timezone.now)",
        "from django.utils.timezone import now",
        "from django.db.models.functions import Now",
        "cursor.execute('SELECT id FROM x WHERE at < now()')",
    ],
)
def test_the_walk_sees_such_a_clock(code):
    assert list(clocks(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    ["mila_now()", "clock.mila_now()", "'SELECT mila_now()'", "MilaNow()", "time.monotonic()"],
)
def test_our_own_clock_is_welcome(code):
    assert not list(clocks(ast.parse(code)))
