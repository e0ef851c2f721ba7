"""What people do at Stripe's side of the glass: type a card, answer the bank, onboard. And the
switches.

The browser half calls these; tests and simulations call them instead of a browser.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from payments.standin import (
    accounts,
    customers,
    disputes,
    intents,
    payouts,
    refunds,
    setups,
)
from payments.standin.client import the_standin
from payments.standin.models import Fault, Thing
from payments.standin.problems import missing

PUBLISHABLE = {"authorization": "Bearer pk_test_standin", "stripe-version": "browser"}


class LinkUsed(Exception):
    """The onboarding link was opened before, or is too old: go to `refresh_url` for another."""

    def __init__(self, refresh_url: str) -> None:
        super().__init__(refresh_url)
        self.refresh_url = refresh_url


def type_card(
    client_secret: str,
    number: str = "4242424242424242",
    *,
    bank_agrees: bool = True,
    ends: tuple[int, int] = (12, 2040),
) -> dict[str, Any]:
    """The customer types a card for this setup and answers their bank, if asked. The intent, or
    Stripe's error.

    `ends`: its month and year.
    """
    standin = the_standin()
    month, year = ends
    form = (
        f"type=card&card[number]={number}&card[exp_month]={month}&card[exp_year]={year}"
        "&card[cvc]=123"
    )
    status, _, answer = standin.handle("POST", "/v1/payment_methods", PUBLISHABLE, form)
    if status != 200:
        return answer
    return _confirm("setup_intents", client_secret, answer["id"], bank_agrees=bank_agrees)


def confirm_on_session(
    client_secret: str, payment_method: str, *, bank_agrees: bool = True
) -> dict[str, Any]:
    """The customer confirms this card on the recovery page.

    The payment intent, or Stripe's error.
    """
    return _confirm("payment_intents", client_secret, payment_method, bank_agrees=bank_agrees)


def confirm_saved_card(
    client_secret: str, payment_method: str, *, bank_agrees: bool = True
) -> dict[str, Any]:
    """The customer confirms a card that is saved, for more than it was saved for.

    The setup intent, or Stripe's error.
    """
    return _confirm("setup_intents", client_secret, payment_method, bank_agrees=bank_agrees)


def _confirm(noun: str, client_secret: str, method: str, *, bank_agrees: bool) -> dict[str, Any]:
    intent_id = client_secret.split("_secret_")[0]
    form = f"client_secret={client_secret}&payment_method={method}&use_stripe_sdk=true"
    status, _, answer = the_standin().handle(
        "POST", f"/v1/{noun}/{intent_id}/confirm", PUBLISHABLE, form
    )
    if status == 200 and answer["status"] == "requires_action":
        return answer_bank(intent_id, client_secret, passed=bank_agrees)
    return answer


def answer_bank(intent_id: str, client_secret: str, *, passed: bool) -> dict[str, Any]:
    """The customer's answer on the bank's page; a second one changes nothing.

    Problem when there is no such intent.
    """
    standin = the_standin()
    kind, module = (
        ("setup_intent", setups) if intent_id.startswith("seti_") else ("payment_intent", intents)
    )
    with standin.store.transaction():
        call = standin.call(ids=(intent_id,), publishable=True, client_secret=client_secret)
        intent = call.opened(kind, lock=True)
        if intent.body["status"] != "requires_action":
            body: dict[str, Any] = intent.body
            return body
        return module.authenticated(call, intent, passed=passed)


def open_link(link_id: str) -> str:
    """The account this onboarding link belongs to, and the link is used up.

    LinkUsed the second time.
    """
    standin = the_standin()
    with standin.store.transaction():
        link = _link(link_id, lock=True)
        if link.inner["used"] or standin.now() > link.body["expires_at"]:
            raise LinkUsed(link.inner["refresh_url"])
        link.inner["used"] = True
        standin.store.save(link)
    account: str = link.inner["account"]
    return account


def leave_onboarding(
    link_id: str,
    *,
    transfers: bool,
    payouts: bool,
    submitted: bool = True,
    bank: str = accounts.GOOD_BANK,
) -> str:
    """The partner is done, or gives up (`submitted` false): the address they go back to."""
    link = _link(link_id, lock=False)
    if submitted:
        onboard(link.inner["account"], transfers=transfers, payouts=payouts, bank=bank)
    return_url: str = link.inner["return_url"]
    return return_url


def onboard(
    account: str, *, transfers: bool = True, payouts: bool = True, bank: str = accounts.GOOD_BANK
) -> None:
    """The account after its onboarding, without the browser."""
    _change(
        account,
        lambda call, row: accounts.onboarded(
            call, row, transfers=transfers, payouts=payouts, bank=bank
        ),
    )


def wait_for_check(account: str) -> None:
    """Everything was given, and Stripe has not decided."""
    _change(account, accounts.checked)


def ask_for_more(account: str) -> None:
    """Stripe wants a document within two weeks."""
    _change(account, accounts.asked_for_more)


def leave(account: str) -> None:
    """The partner cuts the tie to the platform."""
    _change(account, accounts.left)


def let_captures_end() -> int:
    """Moments after the payments: their money, transfers and fees are there. How many were."""
    return the_standin().complete_captures(at_once=True)


def let_payouts_arrive() -> int:
    """The banks' day: what was due to arrive does, or comes back. How many were looked at."""
    standin = the_standin()
    now = int(standin.banks())
    due = Thing.objects.filter(
        kind="payout", body__status=payouts.MOVING, body__arrival_date__lte=now
    )
    found = list(due.order_by("serial").values_list("account", "id"))
    for account, payout_id in found:
        with standin.store.transaction():
            payouts.arrive(standin.call(account=account), payout_id)
    return len(found)


def let_refunds_settle() -> int:
    """The customers' banks have answered: late refunds are there, others come back.

    How many were looked at.
    """
    numbers = (refunds.LATER, refunds.COMES_BACK)
    waiting = Thing.objects.filter(
        kind="refund", inner__number__in=numbers, body__status__in=("pending", "succeeded")
    )
    waiting = waiting.exclude(body__status="succeeded", inner__number=refunds.LATER)
    return _each(waiting, refunds.settle)


def let_disputes_end() -> int:
    """What nobody answered in time is lost, what was answered is won after some days.

    How many were looked at.
    """
    open_ = Thing.objects.filter(
        kind="dispute", body__status__in=(*disputes.WAITS, *disputes.LOOKED_AT)
    )
    return _each(open_, disputes.passes)


def _each(things: Any, change: Callable[[Any, str], None]) -> int:
    standin = the_standin()
    found = list(things.order_by("serial").values_list("id", flat=True))
    for one in found:
        with standin.store.transaction():
            change(standin.call(), one)
    return len(found)


def dispute(charge_id: str, *, inquiry: bool = False) -> str:
    """The payer's bank asks about a charge, or takes its money back. The dispute's id."""
    standin = the_standin()
    with standin.store.transaction():
        call = standin.call()
        charge = call.find("charge", charge_id, lock=True)
        opened: str = disputes.open_on(call, charge.body, inquiry=inquiry)["id"]
        standin.store.save(charge)
    return opened


def decide_dispute(dispute_id: str, *, won: bool) -> None:
    """The bank's word. An inquiry that is not won becomes a dispute."""
    standin = the_standin()
    with standin.store.transaction():
        call = standin.call()
        disputes.decide(call, call.find("dispute", dispute_id, lock=True), won=won)


def on_dashboard(path: str, **form: Any) -> dict[str, Any]:
    """What somebody does on Stripe's own pages, past the site; the answer."""
    headers = {"authorization": "Bearer sk_test_dashboard", "stripe-version": "dashboard"}
    status, _, answer = the_standin().handle("POST", path, headers, urlencode(form))
    assert status == 200, answer
    return answer


def _change(account: str, change: Callable[[Any, Any], object]) -> None:
    standin = the_standin()
    with standin.store.transaction():
        call = standin.call()
        change(call, call.find("account", account, lock=True))


def renew_card(payment_method: str, *, month: int, year: int) -> None:
    """The bank sends a new card for the old one, and Stripe hears of it from the network."""
    standin = the_standin()
    with standin.store.transaction():
        customers.renewed(standin.call(), payment_method, month=month, year=year)


def restrict(account: str, *, reason: str = "requirements.past_due") -> None:
    """Stripe takes the capability away (between booking and sign-off, say)."""
    _change(account, lambda call, row: accounts.restricted(call, row, reason=reason))


def switch_on(
    kind: str, *, path: str = "", share: float = 1.0, times: int | None = None, seconds: float = 0.0
) -> Fault:
    """Lets calls fail: unreachable, 409, 429, 503, 500 (kept under the key), 500_after (done, then
    500), slow, answer_lost (done, no answer). `path` is a regular expression over "POST /v1/...".

    And events: event_duplicate, event_drop, event_delay, event_tamper, event_wrong_secret,
    event_old; `path` over "event <type>".
    """
    return Fault.objects.create(kind=kind, path=path, share=share, remaining=times, seconds=seconds)


def switch_off() -> None:
    """All faults end."""
    Fault.objects.all().delete()


def _link(link_id: str, *, lock: bool) -> Any:
    link = the_standin().store.get("account_link", link_id, "", lock=lock)
    if link is None:
        raise missing("account_link", link_id)
    return link
