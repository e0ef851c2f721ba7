"""Money that goes back: a refund, the shares of it that partner and Mila
give back, and disputes.
"""

from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params import (
    ApplicationFeeCreateRefundParams,
    ApplicationFeeRefundListParams,
    DisputeUpdateParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    TransferCreateReversalParams,
    TransferReversalListParams,
)

from payments.gateway.client import our_errors, stripe_client, with_key
from payments.gateway.params import checked
from payments.gateway.shapes import DisputeAnswer, FeeRefund, RefundAnswer

REVERSAL = ["transfer_reversal"]  # expanded, because its amount is there


def create_refund(
    *, charge: str, cents: int, reverse: bool, refund_uuid: str, booking_uuid: str, key: str
) -> RefundAnswer:
    """Money back to the card. `reverse`: as much of the transfer comes back from the partner.

    Never `refund_application_fee`: it is proportional to the whole charge, booking fee included
    (rule M6).
    """
    params = checked(
        RefundCreateParams,
        {
            "charge": charge,
            "amount": cents,
            "reverse_transfer": reverse,
            "refund_application_fee": False,
            "metadata": {"refund": refund_uuid, "booking": booking_uuid},
            "expand": REVERSAL,
        },
    )
    with our_errors():
        return _refund(stripe_client().v1.refunds.create(params, with_key(key)))


def retrieve_refund(refund_id: str) -> RefundAnswer:
    """As it is now: one that succeeded may come back days later."""
    params = checked(RefundRetrieveParams, {"expand": REVERSAL})
    with our_errors():
        return _refund(stripe_client().v1.refunds.retrieve(refund_id, params))


def find_refund(charge: str, refund_uuid: str) -> RefundAnswer | None:
    """By our own name, for a call whose key Stripe may have forgotten (fault M6)."""
    params = checked(
        RefundListParams, {"charge": charge, "limit": 100, "expand": ["data.transfer_reversal"]}
    )
    with our_errors():
        page = stripe_client().v1.refunds.list(params)
        found = (_refund(one) for one in page.auto_paging_iter())
        return next((one for one in found if one.refund_uuid == refund_uuid), None)


def give_fee_back(*, fee: str, cents: int, refund_uuid: str, key: str) -> FeeRefund:
    """Mila's part of a refund, from the application fee to the partner."""
    params = checked(
        ApplicationFeeCreateRefundParams, {"amount": cents, "metadata": {"refund": refund_uuid}}
    )
    with our_errors():
        return _fee_refund(
            stripe_client().v1.application_fees.refunds.create(fee, params, with_key(key))
        )


def list_fee_refunds(fee: str) -> list[FeeRefund]:
    """All that went back of an application fee, ours and what was done on Stripe's pages."""
    params = checked(ApplicationFeeRefundListParams, {"limit": 100})
    with our_errors():
        page = stripe_client().v1.application_fees.refunds.list(fee, params)
        return [_fee_refund(one) for one in page.auto_paging_iter()]


def reverse_transfer(*, transfer: str, cents: int, about: str, uuid: str, key: str) -> str:
    """The partner's share of a lost dispute, or an advance, comes back to Mila: `about`, and its
    name. The reversal's id.

    Of a transfer without a charge only what the account still holds: raises GatewayRefused with
    "balance_insufficient".
    """
    params = checked(TransferCreateReversalParams, {"amount": cents, "metadata": {about: uuid}})
    with our_errors():
        return stripe_client().v1.transfers.reversals.create(transfer, params, with_key(key)).id


def find_reversal(transfer: str, about: str, uuid: str) -> str | None:
    """By our own name, for a call whose key Stripe may have forgotten (fault M6)."""
    params = checked(TransferReversalListParams, {"limit": 100})
    with our_errors():
        page = stripe_client().v1.transfers.reversals.list(transfer, params)
        wanted = {about: uuid}
        found = (one.to_dict() for one in page.auto_paging_iter())
        return next(
            (one["id"] for one in found if wanted.items() <= (one.get("metadata") or {}).items()),
            None,
        )


def retrieve_dispute(dispute_id: str) -> DisputeAnswer:
    """As it is now; what a message says of it may be older."""
    with our_errors():
        return _dispute(stripe_client().v1.disputes.retrieve(dispute_id))


def submit_evidence(*, dispute: str, evidence: dict[str, str], key: str) -> DisputeAnswer:
    """To the bank, once and for good."""
    params = checked(DisputeUpdateParams, {"evidence": evidence, "submit": True})
    with our_errors():
        return _dispute(stripe_client().v1.disputes.update(dispute, params, with_key(key)))


def accept_dispute(*, dispute: str, key: str) -> DisputeAnswer:
    """The payer is right: lost at once, and for good."""
    with our_errors():
        return _dispute(stripe_client().v1.disputes.close(dispute, {}, with_key(key)))


def _refund(refund: stripe.Refund) -> RefundAnswer:
    values = refund.to_dict()
    reversal = values.get("transfer_reversal") or {}
    return RefundAnswer(
        id=values["id"],
        status=values["status"],
        cents=values["amount"],
        currency=values["currency"].upper(),
        charge=values["charge"],
        reversal=reversal.get("id", ""),
        reversal_cents=reversal.get("amount", 0),
        failure_code=values.get("failure_reason") or "",
        refund_uuid=(values.get("metadata") or {}).get("refund"),
    )


def _fee_refund(back: stripe.ApplicationFeeRefund) -> FeeRefund:
    values = back.to_dict()
    return FeeRefund(values["id"], values["amount"], (values.get("metadata") or {}).get("refund"))


def _dispute(dispute: stripe.Dispute) -> DisputeAnswer:
    values: dict[str, Any] = dispute.to_dict()
    details = values["evidence_details"]
    due = details.get("due_by")
    lines = values.get("balance_transactions") or []
    return DisputeAnswer(
        id=values["id"],
        status=values["status"],
        cents=values["amount"],
        currency=values["currency"].upper(),
        charge=values["charge"],
        intent=values.get("payment_intent"),
        reason=values["reason"],
        answer_by=datetime.fromtimestamp(due, UTC) if due else None,
        moved_cents=tuple(line["amount"] for line in lines),
    )
