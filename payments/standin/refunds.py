"""Money that goes back: refunds of a charge, reversals of a transfer, refunds of an application
fee.
"""

from typing import Any

from stripe import params as stripe_params

from payments.standin.balances import WORLD, book
from payments.standin.problems import Problem
from payments.standin.routing import Call, listing, merged, new_id, route

# cards whose refund takes its time, or fails in the end
LATER, COMES_BACK = "4000000000007726", "4000000000005126"


@route("POST", "/v1/refunds", stripe_params.RefundCreateParams)
def create(call: Call) -> dict[str, Any]:
    charge = _charge(call)
    body, given = charge.body, call.params
    _refundable(body)
    rest = body["amount"] - body["amount_refunded"]
    amount = given.get("amount", rest)
    if amount < 1:
        raise Problem("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > rest:
        raise Problem(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({rest})",
            param="amount",
        )
    for name, needed in (
        ("reverse_transfer", "transfer"),
        ("refund_application_fee", "application_fee"),
    ):
        if given.get(name) and not body.get(needed):
            raise Problem(f"Cannot use {name}: the charge has no {needed}.", param=name)
    number = call.find("payment_method", body["payment_method"]).inner["number"]
    refund = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": body["id"],
        "created": call.now,
        "currency": body["currency"],
        "customer": body["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {"reference_status": "pending", "type": "refund"},
            "type": "card",
        },
        "metadata": merged({}, given.get("metadata")),
        "payment_intent": body["payment_intent"],
        "payment_method": body["payment_method"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if number == LATER else "succeeded",
        "transfer_reversal": None,
    }
    refund["balance_transaction"] = _move(
        call, "", body["currency"], -amount, "refund", refund["id"], WORLD
    )
    if given.get("reverse_transfer"):
        transfer = call.find("transfer", body["transfer"], lock=True)
        share = min(amount * transfer.body["amount"] // body["amount"], _rest(transfer, "reversed"))
        refund["transfer_reversal"] = _reverse(call, transfer, share, {}, source=refund["id"])["id"]
    if given.get("refund_application_fee"):
        fee = call.find("application_fee", body["application_fee"], lock=True)
        share = min(amount * fee.body["amount"] // body["amount"], _rest(fee, "refunded"))
        _give_fee_back(call, fee, share, {})
    body["amount_refunded"] += amount
    body["refunded"] = body["amount_refunded"] == body["amount"]
    call.store.save(charge)
    call.add(refund, number=number)
    call.emit("refund.created", refund)
    call.emit("charge.refunded", body)
    return refund


def _charge(call: Call) -> Any:
    given = call.params
    if ("charge" in given) == ("payment_intent" in given):
        raise Problem(
            "One of the following params should be provided for this request: payment_intent or "
            "charge."
        )
    name = given.get("charge")
    if name is None:
        intent = call.find("payment_intent", given["payment_intent"], param="payment_intent")
        name = intent.body["latest_charge"]
        if name is None:
            raise Problem(
                "This PaymentIntent does not have a successful charge to refund.",
                param="payment_intent",
            )
    return call.find("charge", name, param="charge", lock=True)


def _refundable(body: dict[str, Any]) -> None:
    if body["status"] != "succeeded":
        raise Problem(
            f"Charge {body['id']} has not been captured; it cannot be refunded.",
            code="charge_not_refundable",
        )
    if body["disputed"]:
        raise Problem(
            f"Charge {body['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if body["refunded"]:
        raise Problem(
            f"Charge {body['id']} has already been refunded.", code="charge_already_refunded"
        )


@route("GET", "/v1/refunds", stripe_params.RefundListParams)
def page(call: Call) -> dict[str, Any]:
    wanted = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return listing(call, "refund", **wanted)


@route("GET", "/v1/refunds/{id}", stripe_params.RefundRetrieveParams)
def retrieve(call: Call) -> dict[str, Any]:
    return call.find("refund", call.id).body


def settle(call: Call, refund_id: str) -> None:
    """The customer's bank has answered: a late one is there, one that succeeded may come back."""
    refund = call.find("refund", refund_id, lock=True)
    body, number = refund.body, refund.inner["number"]
    if number == LATER and body["status"] == "pending":
        body["status"] = "succeeded"
        call.store.save(refund)
        call.emit("refund.updated", body)
    elif number == COMES_BACK and body["status"] == "succeeded":
        fail(call, refund)


def fail(call: Call, refund: Any) -> None:
    """It comes back to the platform's balance.

    What was reversed and given back of the fee stays as it is.
    """
    body = refund.body
    charge = call.find("charge", body["charge"], lock=True)
    failed = _move(call, "", body["currency"], body["amount"], "refund_failure", body["id"], WORLD)
    body.update(
        status="failed",
        failure_reason="expired_or_canceled_card",
        failure_balance_transaction=failed,
    )
    call.store.save(refund)
    charge.body["amount_refunded"] -= body["amount"]
    charge.body["refunded"] = False
    call.store.save(charge)
    call.emit("refund.updated", body)
    call.emit("refund.failed", body)


# --- The transfer


@route("POST", "/v1/transfers/{id}/reversals", stripe_params.TransferCreateReversalParams)
def reverse(call: Call) -> dict[str, Any]:
    transfer = call.find("transfer", call.id, lock=True)
    amount = call.params.get("amount", _rest(transfer, "reversed"))
    if amount < 1 or amount > _rest(transfer, "reversed"):
        raise Problem(
            f"Transfer reversal amount ({amount}) is greater than unreversed amount on transfer "
            f"({_rest(transfer, 'reversed')})",
            param="amount",
        )
    if transfer.body["source_transaction"] is None:
        # Of a transfer without a charge only what is there and available: the account may not go
        # below zero for it.
        ready, _waiting = call.store.balance(transfer.body["destination"], call.bank_now).get(
            transfer.body["currency"], (0, 0)
        )
        if amount > ready:
            raise Problem(
                "The account does not hold enough for this reversal.", code="balance_insufficient"
            )
    return _reverse(call, transfer, amount, merged({}, call.params.get("metadata")), source=None)


@route("GET", "/v1/transfers/{id}/reversals", stripe_params.TransferReversalListParams)
def reversals(call: Call) -> dict[str, Any]:
    return listing(call, "transfer_reversal", transfer=call.find("transfer", call.id).body["id"])


@route(
    "GET", "/v1/transfers/{id}/reversals/{reversal}", stripe_params.TransferReversalRetrieveParams
)
def reversal(call: Call) -> dict[str, Any]:
    return call.find("transfer_reversal", call.ids[1]).body


def _reverse(
    call: Call, transfer: Any, amount: int, metadata: dict[str, str], *, source: str | None
) -> dict[str, Any]:
    body = transfer.body
    back = {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": call.now,
        "currency": body["currency"],
        "destination_payment_refund": new_id("pyr"),
        "metadata": metadata,
        "source_refund": source,
        "transfer": body["id"],
    }
    at = call.bank_now
    back["balance_transaction"] = book(
        call, "", body["currency"], amount, "transfer_refund", back["id"], at
    )
    refund_id = back["destination_payment_refund"]
    book(call, body["destination"], body["currency"], -amount, "payment_refund", refund_id, at)
    call.add(back)
    body["amount_reversed"] += amount
    body["reversed"] = body["amount_reversed"] == body["amount"]
    call.store.save(transfer)
    call.emit("transfer.reversed", body)
    return back


# --- The application fee


@route("POST", "/v1/application_fees/{id}/refunds", stripe_params.ApplicationFeeCreateRefundParams)
def give_fee_back(call: Call) -> dict[str, Any]:
    fee = call.find("application_fee", call.id, lock=True)
    if fee.body["refunded"]:
        raise Problem(
            "The application fee has already been refunded.",
            code="application_fee_already_refunded",
        )
    amount = call.params.get("amount", _rest(fee, "refunded"))
    if amount < 1 or amount > _rest(fee, "refunded"):
        raise Problem(
            f"Refund amount ({amount}) is greater than unrefunded amount on fee "
            f"({_rest(fee, 'refunded')})",
            param="amount",
        )
    return _give_fee_back(call, fee, amount, merged({}, call.params.get("metadata")))


@route("GET", "/v1/application_fees/{id}/refunds", stripe_params.ApplicationFeeRefundListParams)
def fee_refunds(call: Call) -> dict[str, Any]:
    return listing(call, "fee_refund", fee=call.find("application_fee", call.id).body["id"])


def _give_fee_back(call: Call, fee: Any, amount: int, metadata: dict[str, str]) -> dict[str, Any]:
    body = fee.body
    back = {
        "id": new_id("fr"),
        "object": "fee_refund",
        "amount": amount,
        "balance_transaction": None,
        "created": call.now,
        "currency": body["currency"],
        "fee": body["id"],
        "metadata": metadata,
    }
    back["balance_transaction"] = _move(
        call, "", body["currency"], -amount, "application_fee_refund", back["id"], body["account"]
    )
    call.add(back)
    body["amount_refunded"] += amount
    body["refunded"] = body["amount_refunded"] == body["amount"]
    call.store.save(fee)
    call.emit("application_fee.refunded", body)
    return back


# --- What they share


def _rest(thing: Any, what: str) -> int:
    left: int = thing.body["amount"] - thing.body[f"amount_{what}"]
    return left


def _move(
    call: Call, account: str, currency: str, amount: int, type: str, source: str, other: str
) -> str:
    """One line on the statement of the account; the other side of it is a
    card's, or a partner's.
    """
    at = call.bank_now
    if other == WORLD:
        call.store.post(WORLD, currency, -amount, transaction_id="", available_on=at)
    else:
        book(call, other, currency, -amount, "adjustment", source, at)
    return book(call, account, currency, amount, type, source, at)
