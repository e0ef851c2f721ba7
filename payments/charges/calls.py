"""What is asked of Stripe, and nothing written: no transaction is open here (fault M1-M6)."""

from typing import Any

from payments import gateway, operations
from payments.models import Operation
from payments.operations import NeverArrived


def call(operation: Operation) -> gateway.PaymentIntent:
    """One call to Stripe, no transaction open. Raises the gateway's errors, or NeverArrived."""
    params: dict[str, Any] = operation.params
    if _must_look(operation):
        found = _look_up(operation)
        if found is None:
            raise NeverArrived
        return found
    if operation.kind == "create":
        return gateway.create_payment_intent(gateway.PaymentPlan(**params), key=operation.key)
    return gateway.confirm_payment_intent(
        params["intent"], payment_method=params["payment_method"], key=operation.key
    )


def _must_look(operation: Operation) -> bool:
    """Whether repeating would tell nothing: the key is old, keeps a 500, or answered that the bank
    still works.
    """
    return "status" in operation.answer or operations.must_look(operation)


def _look_up(operation: Operation) -> gateway.PaymentIntent | None:
    """What became of the call, by Stripe's own id or our own names; None: it never arrived, sending
    again is safe.
    """
    if operation.kind == "create":
        return gateway.find_payment_intent(
            operation.params["booking_uuid"], operation.params["kind"]
        )
    intent = gateway.retrieve_payment_intent(operation.params["intent"])
    untouched = (
        intent.status in ("requires_payment_method", "requires_confirmation")
        and intent.failure is None
    )
    return None if untouched else intent
