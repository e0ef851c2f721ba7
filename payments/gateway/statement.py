"""What Stripe itself says of Mila's money: the lines of its statement, and the balance of an
account (rule M7).
"""

import stripe
from stripe.params import BalanceTransactionListParams

from payments.gateway.client import for_account, our_errors, stripe_client
from payments.gateway.params import checked
from payments.gateway.shapes import Line


def list_statement(after: str | None) -> list[Line]:
    """Every line of Mila's own account, or those that came after this one; the oldest first."""
    params = {"limit": 100, **({"ending_before": after} if after else {})}
    with our_errors():
        page = stripe_client().v1.balance_transactions.list(
            checked(BalanceTransactionListParams, params)
        )
        found = [_line(one) for one in page.auto_paging_iter()]
    # going back from a line the SDK turns each page round by itself
    return found if after else found[::-1]


def account_balance(account: str | None) -> dict[str, int]:
    """What the account holds in each currency, with what is still on its way to it; None: Mila's
    own.
    """
    with our_errors():
        values = stripe_client().v1.balance.retrieve({}, for_account(account)).to_dict()
    found: dict[str, int] = {}
    for one in (*values["available"], *values["pending"]):
        currency = one["currency"].upper()
        found[currency] = found.get(currency, 0) + one["amount"]
    return found


def _line(line: stripe.BalanceTransaction) -> Line:
    values = line.to_dict()
    return Line(
        id=values["id"],
        type=values["type"],
        source=values.get("source") or "",
        currency=values["currency"].upper(),
        cents=values["amount"],
        fee_cents=values["fee"],
    )
