"""The stand-in itself: one request in, one answer out, in Stripe's words.

No Django here; rows come from the store.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from payments.standin import (  # noqa: F401  (they add routes)
    accounts,
    balances,
    captures,
    customers,
    disputes,
    intents,
    notices,
    payouts,
    refunds,
    setups,
)
from payments.standin.forms import check, decode
from payments.standin.limits import must_fit
from payments.standin.problems import AnswerLost, Declined, Problem
from payments.standin.routing import Call, Route, expanded, find_route, new_id

Response = tuple[int, dict[str, str], dict[str, Any]]
KEPT_SECONDS = 24 * 60 * 60
IN_USE = Problem(
    "There is currently another in-progress request using this idempotency key.",
    status=409,
    type="idempotency_error",
    code="idempotency_key_in_use",
)
BROKEN = Problem("An unknown error occurred.", status=500, type="api_error")
BEFORE = {
    "409": IN_USE,
    "429": Problem("Too many requests.", status=429, code="rate_limit"),
    "503": Problem("Service unavailable.", status=503, type="api_error"),
}


class StandIn:
    """Answers like Stripe. `now` is its own clock, apart from the site's: keys are forgotten after
    24 hours of it.
    """

    def __init__(
        self,
        store: Any,
        *,
        site: str = "",
        now: Callable[[], float] = time.time,
        banks: Callable[[], float] | None = None,
    ) -> None:
        self.store = store
        self.site = site
        self.now = now
        # By the site's clock, which may have been moved or stopped. Not the one plus what lies
        # between: two whole numbers of two clocks go back a second now and then.
        self.banks = banks or (lambda: self.now())

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: str) -> Response:
        """One request. Raises AnswerLost when a fault cuts the line, before or after the work was
        done.
        """
        low = {name.lower(): value for name, value in headers.items()}
        self.complete_captures()
        try:
            status, more, answer = self._answer(method, path, low, body)
        except Problem as problem:
            status, more, answer = problem.status, {}, problem.body
        return (
            status,
            {"content-type": "application/json", "request-id": new_id("req"), **more},
            answer,
        )

    def complete_captures(self, *, at_once: bool = False) -> int:
        """What comes moments after a payment, for those whose moment is over; `at_once`: for all.
        How many were completed.
        """
        waiting = self.store.waiting(captures.WAITING)
        now = self.call().bank_now if waiting and not at_once else 0
        due = [one for one in waiting if at_once or one.inner["due"] <= now]
        return sum(self._complete(one.id) for one in due)

    def _complete(self, name: str) -> bool:
        with self.store.transaction():
            waiting = self.store.get(captures.WAITING, name, "", lock=True)
            if waiting is not None:
                captures.complete(self.call(), waiting)
        return waiting is not None

    def call(self, **given: Any) -> Call:
        """A call from within, for what a person does in the browser; use inside
        `store.transaction()`.
        """
        return Call(self.store, int(self.now()), site=self.site, banks=self.banks, **given)

    def _answer(self, method: str, address: str, headers: dict[str, str], body: str) -> Response:
        parts = urlsplit(address)
        publishable = _is_publishable(headers.get("authorization", ""))
        route, ids = find_route(method, parts.path)
        params = decode(parts.query if method in ("GET", "DELETE") else body)
        secret = params.pop("client_secret", None) if publishable else None
        if publishable and not route.public:
            raise Problem("This API call cannot be made with a publishable API key.", status=403)
        params = check(route.params, params, old_version="stripe-version" not in headers)
        must_fit(params)
        call = self.call(
            account=headers.get("stripe-account", ""),
            path=parts.path,
            ids=ids,
            params=params,
            client_secret=secret,
            publishable=publishable,
            key=headers.get("idempotency-key") if method == "POST" else None,
        )
        return self._with_faults(call, route, headers, f"{method} {parts.path}", body)

    def _with_faults(
        self, call: Call, route: Route, headers: dict[str, str], question: str, body: str
    ) -> Response:
        fault, seconds = self.store.fault(question)
        fault = headers.get("standin-fault", fault)
        if fault in BEFORE:
            raise BEFORE[fault]
        if fault == "unreachable":
            raise AnswerLost
        fingerprint = hashlib.sha256(f"{question}\n{body}".encode()).hexdigest()
        with self.store.transaction() if route.method != "GET" else nullcontext():
            status, more, answer = self._once(call, route, fingerprint, fault, seconds)
        # From here on it is committed: nothing the caller does or suffers takes it back.
        if fault == "answer_lost":
            raise AnswerLost
        return status, more, answer

    def _once(
        self, call: Call, route: Route, fingerprint: str, fault: str, seconds: float
    ) -> Response:
        if call.account:
            row = self.store.get("account", call.account, "", lock=False)
            if row is None or row.inner.get("left"):
                words = f"The provided key does not have access to account '{call.account}'."
                raise Problem(words, status=403, code="account_invalid")
        if call.key is None:
            status, answer = self._try(call, route, fault)
            return status, {}, answer
        if not self.store.try_lock(f"{call.account}:{call.key}"):
            raise IN_USE
        kept = self.store.answer(call.account, call.key, since=call.now - KEPT_SECONDS)
        if kept is not None:
            if kept.fingerprint != fingerprint:
                raise Problem(
                    "Keys for idempotent requests can only be used with the same parameters they "
                    "were first used with.",
                    type="idempotency_error",
                )
            return kept.status, {"idempotent-replayed": "true"}, kept.body
        if fault == "slow":
            time.sleep(seconds)
        status, answer = self._try(call, route, fault)
        self.store.keep_answer(call.account, call.key, fingerprint, status, answer, now=call.now)
        return status, {"idempotency-key": call.key}, answer

    def _try(self, call: Call, route: Route, fault: str) -> tuple[int, dict[str, Any]]:
        if fault == "500":
            return BROKEN.status, BROKEN.body
        try:
            status, answer = 200, self._execute(call, route)
        except Declined as declined:
            status, answer = declined.status, declined.body
        if fault == "500_after":
            return BROKEN.status, BROKEN.body
        return status, answer

    def _execute(self, call: Call, route: Route) -> dict[str, Any]:
        return expanded(call, route.handler(call), call.params.get("expand", ()))


def _is_publishable(authorization: str) -> bool:
    kind, _, key = authorization.partition(" ")
    if kind == "Basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key.startswith(("sk_", "rk_", "pk_")):
        raise Problem("You did not provide an API key.", status=401)
    return key.startswith("pk_")
