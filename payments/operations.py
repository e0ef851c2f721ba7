"""What calls of refunds and disputes have in common: written down, sent, answered, repeated
(fault M1-M6).
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from mila.clock import mila_now
from payments import gateway
from payments.models import Operation, OperationState

# longer than the slowest answer: nobody else takes up what was just sent
LEASE = timedelta(minutes=2)
# Stripe forgets keys after 24 h: from here on look, do not repeat (fault M6)
KEY_LIFE = timedelta(hours=23)
# a 500 may be kept under its key for ever: after so many look, do not repeat (fault M3)
BROKEN_ANSWERS = 3
WAITS = (5, 15, 60, 240)  # seconds between tries while the outcome is unknown
# Mila's balance does not hold it, or an account has to be repaired
REFUSED_WAIT = timedelta(hours=6)
LOOK_AGAIN = timedelta(hours=12)  # while a bank has it
ANSWERED = (OperationState.DONE, OperationState.FAILED)


class NeverArrived(gateway.GatewayError):
    """A look-up found no trace of a call: it is sent again, under the next key."""


class Mismatch(Exception):
    """Stripe holds something else than ours: a person must look before anything else happens."""


def unanswered(operations: QuerySet[Operation]) -> Operation | None:
    """The call whose outcome is not known; there is at most one."""
    return operations.exclude(state__in=ANSWERED).first()


def must_look(operation: Operation) -> bool:
    """Whether repeating would tell nothing: the key is old, or keeps a 500."""
    told: dict[str, Any] = operation.answer
    if told.get("reason") == "server" and told["tries"] >= BROKEN_ANSWERS:
        return True
    return operation.sent_at is not None and mila_now() - operation.sent_at > KEY_LIFE


def send(operation: Operation, at: datetime) -> Operation:
    """It is about to leave: committed before it does (fault M1)."""
    operation.sent_at = operation.sent_at or at
    operation.state = OperationState.SENT
    operation.save()
    return operation


def answer(
    operation: Operation | None, state: OperationState, at: datetime, values: dict[str, Any]
) -> None:
    """Write how the call ended."""
    if operation is not None:
        operation.state, operation.answered_at, operation.answer = state, at, values
        operation.save(update_fields=["state", "answered_at", "answer"])


def not_answered(operation: Operation, error: gateway.OutcomeUnknown, at: datetime) -> datetime:
    """Nobody knows what became of it; when it is repeated with the same key."""
    tries = operation.answer.get("tries", 0) + 1
    answer(operation, OperationState.UNKNOWN, at, {"tries": tries, "reason": error.reason})
    return at + timedelta(seconds=WAITS[min(tries, len(WAITS)) - 1])


def refused(operation: Operation, error: gateway.GatewayError, at: datetime) -> None:
    answer(
        operation,
        OperationState.FAILED,
        at,
        {"no": type(error).__name__, "words": str(error)[:300]},
    )
