"""What the gateway takes and gives: small frozen values, money in minor units, ids as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    wallet: str = ""


@dataclass(frozen=True, slots=True)
class SetupIntent:
    id: str
    status: str
    client_secret: str
    customer: str | None
    payment_method: str | None
    booking_uuid: str | None


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """One payment as it was frozen. Text and integers only, so that it can be stored as JSON and
    read back.

    `fee_cents` is all that stays with Mila (commission and booking fee); the rest goes to
    `destination`.
    """

    booking_uuid: str
    kind: str
    customer: str
    amount_cents: int
    currency: str
    fee_cents: int = 0
    destination: str | None = None
    description: str = ""
    statement_suffix: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFailure:
    """Why the last try failed; `payment_method` is the card that was tried."""

    code: str
    decline_code: str
    advice_code: str
    payment_method: str | None


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """`status` is Stripe's: requires_payment_method, requires_confirmation, requires_action,
    processing, succeeded, canceled. `transfer` and `application_fee` are known once it succeeded.
    """

    id: str
    status: str
    client_secret: str
    amount_cents: int
    received_cents: int
    currency: str
    customer: str | None
    payment_method: str | None
    latest_charge: str | None
    transfer: str | None
    application_fee: str | None
    application_fee_cents: int
    destination: str | None
    booking_uuid: str | None
    kind: str | None
    failure: PaymentFailure | None

    @property
    def paid(self) -> bool:
        return self.status == "succeeded"


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """Jobs need `transfers_active`; money out needs `payouts_enabled`. The two are never one flag.

    `due_at`: by when what is missing must be there. `bank`: a mark that changes with the bank
    accounts.
    """

    id: str
    transfers_active: bool
    payouts_enabled: bool
    details_submitted: bool
    currently_due: tuple[str, ...]
    disabled_reason: str
    checking: bool
    due_at: datetime | None
    bank: str


@dataclass(frozen=True, slots=True)
class PayoutAnswer:
    """`status` is Stripe's: pending, in_transit, paid, failed, canceled.

    A paid one may still fail within days.
    """

    id: str
    status: str
    cents: int
    currency: str
    arrives_on: date
    failure_code: str
    payout_uuid: str | None


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """`status` is Stripe's: pending, requires_action, succeeded, failed, canceled.

    A succeeded one may still fail.
    """

    id: str
    status: str
    cents: int
    currency: str
    charge: str
    reversal: str
    reversal_cents: int
    failure_code: str
    refund_uuid: str | None


@dataclass(frozen=True, slots=True)
class FeeRefund:
    """What went back of an application fee; `refund_uuid` is empty where it was not our call."""

    id: str
    cents: int
    refund_uuid: str | None


@dataclass(frozen=True, slots=True)
class DisputeAnswer:
    """`status` is Stripe's: (warning_)needs_response, (warning_)under_review, won, lost,
    warning_closed.

    `moved_cents`: what it has moved on Mila's account, below zero out, above zero back.
    """

    id: str
    status: str
    cents: int
    currency: str
    charge: str
    intent: str | None
    reason: str
    answer_by: datetime | None
    moved_cents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of Stripe's statement of an account. `fee_cents` was taken off `cents`."""

    id: str
    type: str
    source: str
    currency: str
    cents: int
    fee_cents: int


@dataclass(frozen=True, slots=True)
class Event:
    """A message from Stripe: a reason to look, never the truth itself.

    `payload` is kept for the record.
    """

    id: str
    type: str
    account: str | None
    created: datetime
    livemode: bool
    object_id: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BrowserScript:
    """What a page needs to show card fields."""

    url: str
    publishable_key: str
