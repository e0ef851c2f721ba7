"""A deadline is a row, never a message that waits: past the broker's time-out such a message runs
again (fault T3).
"""

import ast

import pytest

from tests.architecture import source

SENDERS = {
    "apply_async",
    "apply_async_on_commit",
    "delay",
    "delay_on_commit",
    "send_task",
    "retry",
    "signature",
    "s",
    "si",
}
SENDERS |= {"set", "subtask", "publish"}
WAITING = {"countdown", "eta"}
# Celery's own retries wait by a countdown too; a sweep repeats instead.
RETRYING = {"autoretry_for", "retry_backoff", "retry_kwargs", "default_retry_delay"}


def waits(tree: ast.Module):
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = source.dotted(node.func).split(".")[-1]
        for keyword in node.keywords:
            if name in SENDERS and keyword.arg in WAITING:
                yield node.lineno, f"{name}({keyword.arg}=...)"
            if name in ("task", "shared_task") and keyword.arg in RETRYING:
                yield node.lineno, f"{name}({keyword.arg}=...)"


def test_no_job_waits_in_the_broker():
    assert [
        f"{path}:{line} {what}" for path, tree in source.modules() for line, what in waits(tree)
    ] == []


@pytest.mark.parametrize(
    "code",
    [
        "job.apply_async((1,), countdown=5)",
        "current_app.send_task('x', eta=at)",
        "self.retry(countdown=60)",
        "job.s(1).set(countdown=3)",
        "shared_task(name='x', retry_backoff=True)",
    ],
)
def test_the_walk_sees_such_a_wait(code):
    assert list(waits(ast.parse(code)))


def test_a_travel_time_is_no_wait():
    assert not list(waits(ast.parse("render(page, eta=minutes)")))
