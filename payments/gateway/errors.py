"""How Stripe says no, in our words. Only these leave the gateway; none carries a Stripe object."""


class GatewayError(Exception):
    """Any answer that is not the one we asked for."""


class GatewayRefused(GatewayError):
    """Refused before anything was done: our bug, a missing object, or a destination that may not
    receive money.

    Never repeated by itself. `code` and `param` are Stripe's; code "refused_here" means our own
    check stopped it.
    """

    def __init__(self, message: str, *, code: str = "", param: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.status = status

    @property
    def destination_cannot_receive(self) -> bool:
        """The partner's account lost its transfers capability: the charge waits as planned
        (law R14).
        """
        return (
            self.code == "insufficient_capabilities_for_transfer"
            or self.param == "transfer_data[destination]"
        )


class OutcomeUnknown(GatewayError):
    """No answer, or one that does not tell: repeat with the same key and the same parameters.

    `reason` is network, server (5xx), conflict (409: the first try still runs) or rate_limit (429:
    nothing was done).
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class CardDeclined(GatewayError):
    """A definite no. The same intent takes another card, under the next key."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        decline_code: str = "",
        advice_code: str = "",
        intent_id: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.decline_code = decline_code
        self.advice_code = advice_code
        self.intent_id = intent_id


class AuthenticationRequired(GatewayError):
    """A definite no until the customer confirms this card on the recovery page (rule M4)."""

    def __init__(self, message: str, *, intent_id: str, payment_method: str) -> None:
        super().__init__(message)
        self.intent_id = intent_id
        self.payment_method = payment_method


class BadSignature(GatewayError):
    """The webhook's body was not signed by any active secret within five minutes (fault M9)."""
