"""Money out: what Mila adds to a partner's balance, and the transfer of
that balance to their bank.
"""

from datetime import UTC, datetime

import stripe
from stripe.params import (
    PayoutCreateParams,
    PayoutListParams,
    TransferCreateParams,
    TransferListParams,
)

from payments.gateway.client import for_account, our_errors, stripe_client, with_key
from payments.gateway.params import checked
from payments.gateway.shapes import PayoutAnswer


def create_transfer(
    *, account: str, cents: int, currency: str, booking_uuid: str, about: str, key: str
) -> str:
    """From Mila's own balance to the partner's: a way in vain that Mila pays (rule L11), or an
    advance (rule M4). `about` says which.

    The transfer's id.
    """
    params = checked(
        TransferCreateParams,
        {
            "amount": cents,
            "currency": currency.lower(),
            "destination": account,
            "metadata": {"booking": booking_uuid, "kind": about},
            "transfer_group": f"booking-{booking_uuid}",
        },
    )
    with our_errors():
        return stripe_client().v1.transfers.create(params, with_key(key)).id


def find_transfer(account: str, booking_uuid: str, about: str) -> str | None:
    """The way or the advance of this booking, by our own names, for a call whose key Stripe may
    have forgotten (fault M6).

    The shares of the booking's charges are in the same group, and carry no names of ours.
    """
    group = {"destination": account, "transfer_group": f"booking-{booking_uuid}", "limit": 100}
    params = checked(TransferListParams, group)
    wanted = {"booking": booking_uuid, "kind": about}
    with our_errors():
        page = stripe_client().v1.transfers.list(params)
        found = (
            one
            for one in page.auto_paging_iter()
            if wanted.items() <= one.to_dict().get("metadata", {}).items()
        )
        return next((one.id for one in found), None)


def create_payout(
    *, account: str, cents: int, currency: str, payout_uuid: str, key: str
) -> PayoutAnswer:
    """From the account's balance to its bank.

    Raises GatewayRefused with "balance_insufficient" where it holds less.
    """
    params = checked(
        PayoutCreateParams,
        {
            "amount": cents,
            "currency": currency.lower(),
            "metadata": {"payout": payout_uuid},
            "statement_descriptor": "MILA",
        },
    )
    with our_errors():
        return _payout(
            stripe_client().v1.payouts.create(params, {**with_key(key), **for_account(account)})
        )


def retrieve_payout(payout_id: str, account: str) -> PayoutAnswer:
    """As it is now."""
    with our_errors():
        return _payout(stripe_client().v1.payouts.retrieve(payout_id, {}, for_account(account)))


def find_payout(account: str, payout_uuid: str) -> PayoutAnswer | None:
    """By our own name, for a call whose key Stripe may have forgotten (fault M6).

    Stripe lists them without a lag.
    """
    params = checked(PayoutListParams, {"limit": 100})
    with our_errors():
        page = stripe_client().v1.payouts.list(params, for_account(account))
        found = (_payout(one) for one in page.auto_paging_iter())
        return next((one for one in found if one.payout_uuid == payout_uuid), None)


def _payout(payout: stripe.Payout) -> PayoutAnswer:
    values = payout.to_dict()
    return PayoutAnswer(
        id=values["id"],
        status=values["status"],
        cents=values["amount"],
        currency=values["currency"].upper(),
        arrives_on=datetime.fromtimestamp(values["arrival_date"], UTC).date(),
        failure_code=values.get("failure_code") or "",
        payout_uuid=(values.get("metadata") or {}).get("payout"),
    )
