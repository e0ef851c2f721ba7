"""Stripe's test cards: what each number, and each of the CLI's names, does, as Stripe's own test
mode does it.
"""

from dataclasses import dataclass
from typing import Any

AGAIN_LATER, CONFIRM_DATA, NEVER_AGAIN = "try_again_later", "confirm_card_data", "do_not_try_again"


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    advice_code: str
    message: str

    @property
    def error(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "decline_code": self.decline_code,
            "advice_code": self.advice_code,
            "message": self.message,
        }


GENERIC = Decline("card_declined", "generic_decline", AGAIN_LATER, "Your card was declined.")
FUNDS = Decline(
    "card_declined", "insufficient_funds", AGAIN_LATER, "Your card has insufficient funds."
)
LOST = Decline("card_declined", "lost_card", NEVER_AGAIN, "Your card was declined.")
STOLEN = Decline("card_declined", "stolen_card", NEVER_AGAIN, "Your card was declined.")
EXPIRED = Decline("expired_card", "expired_card", CONFIRM_DATA, "Your card has expired.")
CVC = Decline(
    "incorrect_cvc", "incorrect_cvc", CONFIRM_DATA, "Your card's security code is incorrect."
)
PROCESSING = Decline(
    "processing_error", "processing_error", AGAIN_LATER, "An error occurred. Try again in a moment."
)
NOT_AUTHENTICATED = Decline(
    "authentication_required",
    "authentication_required",
    "",
    "Your card was declined. It requires authentication.",
)


@dataclass(frozen=True)
class TestCard:
    """`refused`: at attaching already. `declined`: only when charged.

    `asks`: 3DS never, once (at setup), or always.
    """

    number: str
    names: tuple[str, ...] = ()
    brand: str = "visa"
    refused: Decline | None = None
    declined: Decline | None = None
    asks: str = "never"


CARDS = (
    TestCard("4242424242424242", ("pm_card_visa", "pm_card_fr", "pm_card_ch")),
    TestCard("5555555555554444", ("pm_card_mastercard",), brand="mastercard"),
    TestCard("4000000000000077", ("pm_card_bypassPending",)),
    TestCard(
        "4000000000000002",
        ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"),
        refused=GENERIC,
    ),
    TestCard(
        "4000000000009995",
        ("pm_card_chargeDeclinedInsufficientFunds", "pm_card_visa_chargeDeclinedInsufficientFunds"),
        refused=FUNDS,
    ),
    TestCard(
        "4000000000009987",
        ("pm_card_chargeDeclinedLostCard", "pm_card_visa_chargeDeclinedLostCard"),
        refused=LOST,
    ),
    TestCard(
        "4000000000009979",
        ("pm_card_chargeDeclinedStolenCard", "pm_card_visa_chargeDeclinedStolenCard"),
        refused=STOLEN,
    ),
    TestCard("4000000000000069", ("pm_card_chargeDeclinedExpiredCard",), refused=EXPIRED),
    TestCard("4000000000000127", ("pm_card_chargeDeclinedIncorrectCvc",), refused=CVC),
    TestCard("4000000000000119", ("pm_card_chargeDeclinedProcessingError",), refused=PROCESSING),
    TestCard(
        "4000000000000341",
        ("pm_card_chargeCustomerFail", "pm_card_visa_chargeCustomerFail"),
        declined=GENERIC,
    ),
    TestCard("4000002500003155", ("pm_card_authenticationRequiredOnSetup",), asks="once"),
    TestCard("4000002760003184", ("pm_card_authenticationRequired",), asks="always"),
    TestCard("4000003800000446", ("pm_card_authenticationRequiredSetupForOffSession",)),
    TestCard(
        "4000008260003178",
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",),
        asks="once",
        declined=FUNDS,
    ),
    TestCard("4000000000000259", ("pm_card_createDispute",)),
    TestCard("4000000000001976", ("pm_card_createDisputeInquiry",)),
    TestCard("4000000000007726", ("pm_card_refundSuccess", "pm_card_pendingRefund")),
    TestCard("4000000000005126", ("pm_card_refundFail",)),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_NAME = {name: card for card in CARDS for name in card.names}


def passes_luhn(number: str) -> bool:
    """The check digit of a card number."""
    digits = [int(digit) for digit in number]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(digits) >= 12 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
