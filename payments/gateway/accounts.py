"""Partners' connected accounts: v1 with `controller`, behind three functions, so that v2 is a later
swap.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params import AccountCreateParams, AccountLinkCreateParams

from payments.gateway.client import our_errors, stripe_client, with_key
from payments.gateway.params import checked
from payments.gateway.shapes import AccountStatus


def open_account(*, partner_id: int, kind: str, country: str, email: str, key: str) -> str:
    """The id of a new connected account; `kind` is individual or company, `country` a two-letter
    code.

    Payouts are manual: money rests in the partner's balance until we release it (rule M5).
    """
    params = checked(
        AccountCreateParams,
        {
            "business_type": kind,
            "country": country,
            "email": email,
            "controller": {
                "stripe_dashboard": {"type": "express"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
            },
            "capabilities": {"transfers": {"requested": True}},
            "settings": {
                "payouts": {"schedule": {"interval": "manual"}, "debit_negative_balances": True}
            },
            "metadata": {"partner": str(partner_id)},
        },
    )
    with our_errors():
        return stripe_client().v1.accounts.create(params, with_key(key)).id


def onboarding_url(account: str, return_url: str, refresh_url: str) -> str:
    """A fresh address for one visit: make one per click, never mail it."""
    params = checked(
        AccountLinkCreateParams,
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": refresh_url,
            "collection_options": {"fields": "eventually_due"},
        },
    )
    with our_errors():
        return stripe_client().v1.account_links.create(params).url


def account_status(account: str) -> AccountStatus:
    """As it is now; coming back from the onboarding page proves nothing."""
    with our_errors():
        return _status(stripe_client().v1.accounts.retrieve(account))


def _status(account: stripe.Account) -> AccountStatus:
    values = account.to_dict()
    requirements = values.get("requirements") or {}
    due = requirements.get("current_deadline")
    return AccountStatus(
        id=values["id"],
        transfers_active=(values.get("capabilities") or {}).get("transfers") == "active",
        payouts_enabled=values["payouts_enabled"],
        details_submitted=values["details_submitted"],
        currently_due=tuple(requirements.get("currently_due") or ()),
        disabled_reason=requirements.get("disabled_reason") or "",
        checking=bool(requirements.get("pending_verification")),
        due_at=datetime.fromtimestamp(due, UTC) if due else None,
        bank=_bank(values.get("external_accounts") or {}),
    )


def _bank(listed: dict[str, Any]) -> str:
    """One mark for the bank accounts that payouts go to, one for each currency; nothing of a number
    leaves here.
    """
    found = listed.get("data") or []
    paid_to = [one for one in found if one.get("default_for_currency")] or found
    marks = sorted(str(one.get("fingerprint") or one.get("id")) for one in paid_to)
    return hashlib.sha256("\n".join(marks).encode()).hexdigest() if marks else ""
