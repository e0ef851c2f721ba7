"""Connected accounts and the links to their onboarding."""

from typing import Any

from stripe import params as stripe_params

from payments.standin.problems import Problem
from payments.standin.routing import Call, listing, merged, new_id, overwrite, route

LINK_SECONDS = 5 * 60
DAYS_TO_REPAIR = 14
GOOD_BANK, CLOSED_BANK = "3000", "0116"  # last digits: payouts to the second are sent back
ASKED = (
    "business_profile.product_description",
    "external_account",
    "individual.dob",
    "tos_acceptance.date",
)
PROFILE = (
    "mcc",
    "minority_owned_business_designation",
    "name",
    "product_description",
    "specified_commercial_transactions_act_url",
    "support_address",
    "support_email",
    "support_phone",
    "support_url",
    "url",
)
# what stands on a card's statement, in three scripts
DESCRIPTORS = tuple(f"statement_descriptor{end}" for end in ("", "_kana", "_kanji"))
PREFIXES = tuple(f"statement_descriptor_prefix{end}" for end in ("", "_kana", "_kanji"))
SWISS_CURRENCY, OTHER_CURRENCY = "chf", "eur"


@route("POST", "/v1/accounts", stripe_params.AccountCreateParams)
def create(call: Call) -> dict[str, Any]:
    given = call.params
    controller = given.get("controller") or {}
    fees = (controller.get("fees") or {}).get("payer", "account")
    losses = (controller.get("losses") or {}).get("payments", "stripe")
    if losses == "application" and fees != "application":
        raise Problem(
            "Loss liability needs you to pay the fees.", param="controller[losses][payments]"
        )
    country = given.get("country", "FR")
    payouts = (given.get("settings") or {}).get("payouts") or {}
    body = {
        "id": new_id("acct"),
        "object": "account",
        "business_profile": dict.fromkeys(PROFILE),
        "business_type": given.get("business_type"),
        "capabilities": dict.fromkeys(given.get("capabilities") or {}, "inactive"),
        "charges_enabled": False,
        "controller": {
            "type": "application",
            "is_controller": True,
            "fees": {"payer": fees},
            "losses": {"payments": losses},
            "requirement_collection": controller.get("requirement_collection", "stripe"),
            "stripe_dashboard": {
                "type": (controller.get("stripe_dashboard") or {}).get("type", "full")
            },
        },
        "country": country,
        "created": call.now,
        "default_currency": SWISS_CURRENCY if country == "CH" else OTHER_CURRENCY,
        "details_submitted": False,
        "email": given.get("email"),
        "external_accounts": {"object": "list", "data": [], "has_more": False, "url": ""},
        "future_requirements": _requirements((), None),
        "metadata": merged({}, given.get("metadata")),
        "payouts_enabled": False,
        "requirements": _requirements(ASKED, "requirements.past_due"),
        "settings": {
            "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
            "card_payments": dict.fromkeys(PREFIXES),
            "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
            "payments": dict.fromkeys((*DESCRIPTORS, *PREFIXES[1:])),
            "payouts": {
                "debit_negative_balances": payouts.get("debit_negative_balances", True),
                "schedule": {
                    "delay_days": 7,
                    "interval": (payouts.get("schedule") or {}).get("interval", "daily"),
                },
                "statement_descriptor": None,
            },
        },
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "express",
    }
    call.add(body)
    call.emit("account.updated", body, account=body["id"])
    return body


@route("GET", "/v1/accounts", stripe_params.AccountListParams)
def page(call: Call) -> dict[str, Any]:
    return listing(call, "account")


@route("GET", "/v1/accounts/{id}", stripe_params.AccountRetrieveParams)
def retrieve(call: Call) -> dict[str, Any]:
    account = call.find("account", call.id)
    if account.inner.get("left"):
        raise Problem(
            f"The provided key does not have access to account '{call.id}' (or that account does "
            f"not exist).",
            status=403,
            code="account_invalid",
        )
    body: dict[str, Any] = account.body
    return body


@route("POST", "/v1/accounts/{id}", stripe_params.AccountUpdateParams)
def update(call: Call) -> dict[str, Any]:
    account = call.find("account", call.id, lock=True)
    overwrite(call, account.body, "email", "business_type")
    return _changed(call, account)


@route("DELETE", "/v1/accounts/{id}", stripe_params.AccountDeleteParams)
def delete(call: Call) -> dict[str, Any]:
    account = call.find("account", call.id, lock=True)
    if any(sum(both) for both in call.store.balance(call.id, call.now).values()):
        raise Problem("This account cannot be deleted: it has a balance.")
    call.store.remove(account)
    call.emit(
        "account.application.deauthorized",
        {"id": "ca_standin", "object": "application", "name": None},
        account=call.id,
    )
    return {"id": call.id, "object": "account", "deleted": True}


@route("POST", "/v1/account_links", stripe_params.AccountLinkCreateParams)
def create_link(call: Call) -> dict[str, Any]:
    given = call.params
    account = call.find("account", given["account"], param="account").body["id"]
    for name in ("return_url", "refresh_url"):
        if not given.get(name):
            raise Problem(f"Missing required param: {name}.", code="parameter_missing", param=name)
    link_id = new_id("link")
    body = {
        "object": "account_link",
        "created": call.now,
        "expires_at": call.now + LINK_SECONDS,
        "url": f"{call.site}/_stripe/connect/{link_id}/",
    }
    inner = {
        "account": account,
        "return_url": given["return_url"],
        "refresh_url": given["refresh_url"],
        "used": False,
    }
    call.store.add({**body, "id": link_id}, inner, "")
    return body


def onboarded(
    call: Call, account: Any, *, transfers: bool, payouts: bool, bank: str = GOOD_BANK
) -> dict[str, Any]:
    """The partner has filled in Stripe's form: what that switched on, and what it did not."""
    due = () if transfers and payouts else ("external_account",) if transfers else ASKED
    account.body.update(
        details_submitted=True,
        payouts_enabled=payouts,
        requirements=_requirements(due, None if payouts else "requirements.past_due"),
    )
    if payouts:
        _set_bank(call, account, bank)
    _set_transfers(call, account, active=transfers)
    return _changed(call, account)


def checked(call: Call, account: Any) -> dict[str, Any]:
    """Everything is given, and Stripe looks at it: nothing is switched on yet."""
    account.body.update(details_submitted=True, payouts_enabled=False)
    account.body["requirements"] = {
        **_requirements((), "requirements.pending_verification"),
        "pending_verification": ["individual.verification.document"],
    }
    _set_transfers(call, account, active=False)
    return _changed(call, account)


def asked_for_more(call: Call, account: Any) -> dict[str, Any]:
    """Stripe wants to see something by a day; until then all goes on."""
    due = _requirements(("individual.verification.document",), None)
    deadline = call.bank_now + DAYS_TO_REPAIR * 86_400
    account.body["requirements"] = {**due, "past_due": [], "current_deadline": deadline}
    return _changed(call, account)


def left(call: Call, account: Any) -> None:
    """The partner cut the tie: the platform may not even ask about the account any more."""
    account.inner["left"] = True
    call.store.save(account)
    body = {"id": "ca_standin", "object": "application", "name": None}
    call.emit("account.application.deauthorized", body, account=account.body["id"])


def bank_refused(call: Call, account: Any) -> None:
    """A payout came back: Stripe sends no more there until the partner names
    another bank account.
    """
    account.body.update(
        payouts_enabled=False,
        requirements=_requirements(("external_account",), "requirements.past_due"),
    )
    _changed(call, account)


def _set_bank(call: Call, account: Any, last4: str) -> None:
    body = account.body
    there = body["external_accounts"]["data"]
    if there and there[0]["last4"] == last4:
        return
    bank = {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": body["id"],
        "account_holder_name": None,
        "account_holder_type": body["business_type"],
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STANDIN BANK",
        "country": body["country"],
        "currency": body["default_currency"],
        "default_for_currency": True,
        "fingerprint": f"{body['id'][-12:]}{last4}",
        "last4": last4,
        "metadata": {},
        "routing_number": None,
        "status": "new",
    }
    body["external_accounts"] = {**body["external_accounts"], "data": [bank]}
    call.emit(
        f"account.external_account.{'updated' if there else 'created'}", bank, account=body["id"]
    )


def restricted(call: Call, account: Any, *, reason: str) -> dict[str, Any]:
    """Stripe has doubts: no more transfers, no payouts, until the partner repairs it."""
    account.body.update(
        payouts_enabled=False,
        requirements=_requirements(("individual.verification.document",), reason),
    )
    _set_transfers(call, account, active=False)
    return _changed(call, account)


FIELDS_NEEDED = "requirements.fields_needed"  # a capability has words of its own for why it is off


def _set_transfers(call: Call, account: Any, *, active: bool) -> None:
    status = "active" if active else "inactive"
    changes = account.body["capabilities"].get("transfers") != status
    account.body["capabilities"] = {**account.body["capabilities"], "transfers": status}
    if changes:
        body = account.body
        capability = {
            "id": "transfers",
            "object": "capability",
            "account": body["id"],
            "future_requirements": body["future_requirements"],
            "requested": True,
            "requested_at": body["created"],
            "requirements": {
                **body["requirements"],
                "disabled_reason": None if active else FIELDS_NEEDED,
            },
            "status": status,
        }
        call.emit("capability.updated", capability, account=body["id"])


def _changed(call: Call, account: Any) -> dict[str, Any]:
    call.store.save(account)
    call.emit("account.updated", account.body, account=account.body["id"])
    return account.body


def _requirements(due: tuple[str, ...], reason: str | None) -> dict[str, Any]:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": reason,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }
