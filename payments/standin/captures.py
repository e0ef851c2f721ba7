"""The money of a payment, moments after it: payments are made with `automatic_async`, so that the
answer and its first messages know nothing yet of the balance, the transfer and the fee.
"""

from collections.abc import Callable
from typing import Any

from payments.standin.balances import WORLD, book, charge_body, transfer_body
from payments.standin.routing import Call, new_id

MOMENT = 2  # seconds by the clock of the banks; Stripe promises an hour
WAITING = "capture"  # what is still to come of a charge; no object of the API
DAYS_TO_AVAILABLE = 2
AT_ONCE = "4000000000000077"


def collect(call: Call, intent: Any, method: Any, inside: Callable[[Call, Any], None]) -> None:
    """A payment has succeeded: the charge is there and told of. Its money moves in `complete`.

    `inside`: what some cards do to the charge before the payment itself is told of.
    """
    body = intent.body
    charge = charge_body(call, body, method.body, status="succeeded")
    if body["transfer_data"]:
        destination = body["transfer_data"]["destination"]
        fee = body["application_fee_amount"]
        charge.update(destination=destination, application_fee_amount=fee)
    row = call.add(charge)
    _wait(call, charge["id"], at_once=method.inner["number"] == AT_ONCE)
    body["latest_charge"] = charge["id"]
    call.store.save(intent)
    call.emit("charge.succeeded", charge)
    inside(call, row)
    call.emit("payment_intent.succeeded", body)


def _wait(call: Call, charge_id: str, *, at_once: bool) -> None:
    body = {"id": new_id("cap"), "object": WAITING, "charge": charge_id, "created": call.now}
    available_on = call.bank_now + (0 if at_once else DAYS_TO_AVAILABLE * 86_400)
    call.add(body, account="", due=call.bank_now + MOMENT, available_on=available_on)


def complete(call: Call, waiting: Any) -> None:
    """Charge in, all of it to the destination, the fee back, and the messages about it.

    Nothing is taken for processing: the platform's bill from Stripe is no part of what a booking
    owes.
    """
    row = call.find("charge", waiting.body["charge"], lock=True)
    charge, at = row.body, waiting.inner["available_on"]
    amount, currency, destination = charge["amount"], charge["currency"], charge.get("destination")
    call.store.post(WORLD, currency, -amount, transaction_id="", available_on=at)
    charge["balance_transaction"] = book(call, "", currency, amount, "charge", charge["id"], at)
    told = _shares(call, charge, destination, at) if destination else []
    call.store.save(row)
    call.store.remove(waiting)
    call.emit("charge.updated", charge)
    for type_, body, account in told:
        call.emit(type_, body, account=account)


def _shares(
    call: Call, charge: dict[str, Any], destination: str, at: int
) -> list[tuple[str, dict[str, Any], str]]:
    """What the partner gets and what of it is the platform's; what is told of that, and to whom."""
    fee = charge["application_fee_amount"] or 0
    payment = _partner_side(call, charge, destination, fee, at)
    transfer = _transfer(call, charge, destination, payment["id"], at)
    charge["transfer"] = payment["source_transfer"] = transfer["id"]
    told = [("transfer.created", transfer, ""), ("payment.created", payment, destination)]
    if fee:
        fee_object = _fee(call, charge, payment["id"], destination, fee, at)
        charge["application_fee"] = payment["application_fee"] = fee_object["id"]
        told.insert(0, ("application_fee.created", fee_object, ""))
    call.add(payment, account=destination)
    return told


def _partner_side(
    call: Call, charge: dict[str, Any], destination: str, fee: int, at: int
) -> dict[str, Any]:
    payment = {
        **charge,
        "id": new_id("py"),
        "customer": None,
        "payment_intent": None,
        "payment_method": None,
        "transfer_data": None,
        "amount_refunded": 0,
        "disputed": False,
        "refunded": False,
    }
    payment["balance_transaction"] = book(
        call,
        destination,
        charge["currency"],
        charge["amount"],
        "payment",
        payment["id"],
        at,
        fee=fee,
    )
    return payment


def _transfer(
    call: Call, charge: dict[str, Any], destination: str, payment_id: str, at: int
) -> dict[str, Any]:
    transfer = transfer_body(call, charge, destination, payment_id, source=charge["id"])
    transfer["balance_transaction"] = book(
        call, "", charge["currency"], -charge["amount"], "transfer", transfer["id"], at
    )
    return call.add(transfer).body


def _fee(
    call: Call, charge: dict[str, Any], payment_id: str, destination: str, fee: int, at: int
) -> dict[str, Any]:
    fee_object = {
        "id": new_id("fee"),
        "object": "application_fee",
        "account": destination,
        "amount": fee,
        "amount_refunded": 0,
        "application": "ca_standin",
        "balance_transaction": None,
        "charge": payment_id,
        "created": call.now,
        "currency": charge["currency"],
        "fee_source": {"charge": payment_id, "type": "charge"},
        "livemode": False,
        "originating_transaction": charge["id"],
        "refunded": False,
        "refunds": {"object": "list", "data": [], "has_more": False, "url": ""},
    }
    fee_object["balance_transaction"] = book(
        call, "", charge["currency"], fee, "application_fee", fee_object["id"], at
    )
    return call.add(fee_object).body
