"""Disputes: a bank asks, or takes the money back; evidence, and what the bank makes of it."""

from typing import Any

from stripe import params as stripe_params

from payments.standin.balances import WORLD, book
from payments.standin.problems import Problem
from payments.standin.routing import Call, listing, merged, new_id, route

AT_ONCE, INQUIRY = "4000000000000259", "4000000000001976"  # cards that open one inside the charge
COST = 1500  # in either currency; kept when the dispute is won
DAYS_TO_ANSWER, DAYS_TO_DECIDE = 9, 3
WAITS = ("needs_response", "warning_needs_response")
LOOKED_AT = ("under_review", "warning_under_review")
# words in the evidence that decide at once, as in test mode
WINS, LOSES = "winning_evidence", "losing_evidence"
TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
LONGEST = 150_000  # characters of all texts together


def open_on(
    call: Call, charge: dict[str, Any], *, inquiry: bool, reason: str = "fraudulent"
) -> dict[str, Any]:
    """The payer's bank comes with it.

    An inquiry takes no money; else it leaves at once, with a cost.
    """
    body = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}, **dict.fromkeys((*TEXTS, *FILES))},
        "evidence_details": {
            "due_by": call.bank_now + DAYS_TO_ANSWER * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    dispute = call.add(body)
    call.emit("charge.dispute.created", body)
    if not inquiry:
        charge["disputed"] = True
        _money(call, body, -body["amount"], cost=COST)
        call.store.save(dispute)
        call.emit("charge.dispute.funds_withdrawn", body)
    return body


def inside(call: Call, charge: Any, number: str) -> None:
    """What these cards open is there before the payment itself is told of."""
    if number in (AT_ONCE, INQUIRY):
        open_on(call, charge.body, inquiry=number == INQUIRY)
        call.store.save(charge)


@route("GET", "/v1/disputes", stripe_params.DisputeListParams)
def page(call: Call) -> dict[str, Any]:
    wanted = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return listing(call, "dispute", **wanted)


@route("GET", "/v1/disputes/{id}", stripe_params.DisputeRetrieveParams)
def retrieve(call: Call) -> dict[str, Any]:
    return call.find("dispute", call.id).body


@route("POST", "/v1/disputes/{id}", stripe_params.DisputeUpdateParams)
def update(call: Call) -> dict[str, Any]:
    """Evidence is kept until it is submitted; submitted, it is final."""
    dispute = call.find("dispute", call.id, lock=True)
    body, given = dispute.body, call.params
    texts = {name: value for name, value in (given.get("evidence") or {}).items() if value}
    if texts or given.get("submit"):
        if body["status"] not in WAITS:
            raise Problem("This dispute does not take evidence any more.", code="dispute_closed")
        if sum(len(str(value)) for value in texts.values()) > LONGEST:
            raise Problem("The evidence is too long.", param="evidence")
    body["evidence"] |= texts
    body["evidence_details"]["has_evidence"] |= bool(texts)
    body["metadata"] = merged(body["metadata"], given.get("metadata"))
    if given.get("submit", bool(texts)) and body["evidence_details"]["has_evidence"]:
        body["evidence_details"]["submission_count"] += 1
        body["evidence_details"]["submission_method"] = "manual"
        body["status"] = (
            "warning_under_review" if body["status"].startswith("warning") else "under_review"
        )
    call.store.save(dispute)
    call.emit("charge.dispute.updated", body)
    said = body["evidence"]["uncategorized_text"] or ""
    if body["status"] in LOOKED_AT and (WINS in said or LOSES in said):
        decide(call, dispute, won=WINS in said)
    return body


@route("POST", "/v1/disputes/{id}/close", stripe_params.DisputeCloseParams)
def close(call: Call) -> dict[str, Any]:
    """Accepted: lost at once, and for good."""
    dispute = call.find("dispute", call.id, lock=True)
    if dispute.body["status"] not in WAITS:
        raise Problem("This dispute is already closed.", code="dispute_closed")
    decide(call, dispute, won=False)
    return dispute.body


def decide(call: Call, dispute: Any, *, won: bool) -> None:
    """The bank's word. Of an inquiry that is answered nothing comes; one that is not becomes a
    dispute.
    """
    body = dispute.body
    charge = call.find("charge", body["charge"], lock=True)
    if body["status"].startswith("warning") and not won:
        body.update(status="needs_response", is_charge_refundable=False)
        charge.body["disputed"] = True
        call.store.save(charge)
        _money(call, body, -body["amount"], cost=COST)
        call.store.save(dispute)
        call.emit("charge.dispute.funds_withdrawn", body)
        call.emit("charge.dispute.updated", body)
        return
    if body["status"].startswith("warning"):
        body["status"] = "warning_closed"
    else:
        body["status"] = "won" if won else "lost"
        if won:
            _money(call, body, body["amount"])
            call.emit("charge.dispute.funds_reinstated", body)
    call.store.save(dispute)
    call.emit("charge.dispute.closed", body)


def passes(call: Call, dispute_id: str) -> None:
    """Time goes on: what nobody answered is lost, what was answered is won after some days."""
    dispute = call.find("dispute", dispute_id, lock=True)
    body, due = dispute.body, dispute.body["evidence_details"]["due_by"]
    if body["status"] in WAITS and call.bank_now > due:
        body["evidence_details"]["past_due"] = True
        if body["status"] == "warning_needs_response":
            body["status"] = "warning_closed"
            call.store.save(dispute)
            call.emit("charge.dispute.closed", body)
        else:
            decide(call, dispute, won=False)
    elif (
        body["status"] in LOOKED_AT
        and call.bank_now > due - (DAYS_TO_ANSWER - DAYS_TO_DECIDE) * 86_400
    ):
        decide(call, dispute, won=True)


def _money(call: Call, body: dict[str, Any], amount: int, *, cost: int = 0) -> None:
    call.store.post(
        WORLD, body["currency"], cost - amount, transaction_id="", available_on=call.bank_now
    )
    line = book(
        call,
        "",
        body["currency"],
        amount,
        "adjustment",
        body["id"],
        call.bank_now,
        fee=cost,
        stripes=True,
    )
    body["balance_transactions"].append(call.find("balance_transaction", line).body)
