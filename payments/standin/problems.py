"""How the stand-in says no: Stripe's error form, with the four types that exist on the wire."""

from typing import Any


class Problem(Exception):
    """Refused before execution: nothing is written, nothing kept under the key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        details = {"type": type, "code": code, "param": param, "message": message, **more}
        self.body = {
            "error": {name: value for name, value in details.items() if value not in ("", None)}
        }


class Declined(Problem):
    """The card was refused: a 402 whose writes stay, and which replays under its key."""

    def __init__(self, error: dict[str, Any], **more: Any) -> None:
        error = {**error, "type": "card_error"}
        super().__init__(error.pop("message"), status=402, **{**error, **more})


class AnswerLost(Exception):
    """The connection broke. What had been done stays done."""


def missing(kind: str, object_id: str, *, param: str = "id") -> Problem:
    return Problem(
        f"No such {kind}: '{object_id}'",
        status=404 if param == "id" else 400,
        code="resource_missing",
        param=param,
    )


def unexpected(kind: str, body: dict[str, Any], verb: str) -> Problem:
    """The wrong state for this call; the object comes along, as it is."""
    name = kind.replace("_", "")
    more: dict[str, Any] = {kind: body}
    return Problem(
        f"You cannot {verb} this {name} because it has a status of {body['status']}.",
        code=f"{kind}_unexpected_state",
        **more,
    )
