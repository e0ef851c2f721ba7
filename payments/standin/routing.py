"""What the endpoints share: the table of routes, one call with its store, lists, and expanding."""

import re
import secrets
import string
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from payments.standin.problems import Problem, missing

ALPHABET = string.ascii_letters + string.digits
EXPANDABLE = {
    "balance_transaction",
    "charge",
    "customer",
    "destination_payment",
    "latest_charge",
    "payment_intent",
    "payment_method",
    "transfer",
    "application_fee",
    "source_transaction",
    "transfer_reversal",
}
KINDS = {
    "ch": "charge",
    "du": "dispute",
    "fr": "fee_refund",
    "re": "refund",
    "trr": "transfer_reversal",
    "cus": "customer",
    "fee": "application_fee",
    "pi": "payment_intent",
    "pm": "payment_method",
    "po": "payout",
    "py": "charge",
    "tr": "transfer",
    "txn": "balance_transaction",
}


def new_id(prefix: str) -> str:
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(24))}"


@dataclass
class Call:
    """One request under way, inside the store's transaction."""

    store: Any
    now: int
    site: str = ""
    account: str = ""
    path: str = ""
    ids: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    client_secret: str | None = None
    publishable: bool = False
    key: str | None = None
    known: dict[tuple[str, str, str], Any] = field(default_factory=dict, repr=False)
    banks: Callable[[], float] = time.time

    @property
    def id(self) -> str:
        return self.ids[0]

    @cached_property
    def bank_now(self) -> int:
        """The clock by which money becomes available and payouts arrive: the site's."""
        return int(self.banks())

    def find(
        self,
        kind: str,
        object_id: str,
        *,
        param: str = "id",
        lock: bool = False,
        account: str | None = None,
    ) -> Any:
        """The row, or Stripe's answer that there is none. `lock` holds others off until the call is
        over.

        A call reads each row once, and once more to lock it.
        """
        name = (kind, object_id, self.account if account is None else account)
        if lock or name not in self.known:
            self.known[name] = self.store.get(*name, lock=lock)
        if self.known[name] is None:
            raise missing(kind, object_id, param=param)
        return self.known[name]

    def opened(self, kind: str, *, lock: bool = False) -> Any:
        """The object in the path; from a browser only with its client secret."""
        thing = self.find(kind, self.id, lock=lock)
        if self.publishable and not secrets.compare_digest(
            thing.body["client_secret"], self.client_secret or ""
        ):
            raise missing(kind, self.id)
        return thing

    def add(self, body: dict[str, Any], *, account: str | None = None, **inner: Any) -> Any:
        account = self.account if account is None else account
        thing = self.store.add(body, inner, account)
        self.known[body["object"], body["id"], account] = thing
        return thing

    def emit(self, type: str, body: dict[str, Any], *, account: str | None = None) -> None:
        account = self.account if account is None else account
        takers = [endpoint for endpoint in self.endpoints if endpoint.wants(type, account)]
        self.store.emit(
            new_id("evt"), type, body, account=account, now=self.now, key=self.key, takers=takers
        )

    @cached_property
    def endpoints(self) -> list[Any]:
        """Who takes events, at the first that this call has to tell."""
        endpoints: list[Any] = self.store.all_endpoints()
        return endpoints


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    params: Any
    handler: Callable[[Call], dict[str, Any]]
    public: bool  # may be called from a browser, with the publishable key and a client secret


ROUTES: list[Route] = []


def route(method: str, path: str, params: Any, *, public: bool = False) -> Callable[..., Any]:
    """Registers a handler for one call; `params` is Stripe's own type for it."""
    pattern = re.compile(re.sub(r"\{\w+\}", r"([A-Za-z0-9_]+)", path))

    def register(handler: Callable[[Call], dict[str, Any]]) -> Callable[[Call], dict[str, Any]]:
        ROUTES.append(Route(method, pattern, params, handler, public))
        return handler

    return register


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    for candidate in ROUTES:
        match = candidate.pattern.fullmatch(path)
        if match and candidate.method == method:
            return candidate, match.groups()
    raise Problem(f"Unrecognized request URL ({method}: {path}).", status=404)


def listing(call: Call, kind: str, **match: Any) -> dict[str, Any]:
    """A page of objects, newest first, with Stripe's cursors."""
    params = call.params
    data, more = call.store.page(
        kind,
        call.account,
        match={name: value for name, value in match.items() if value is not None},
        created=_range(params.get("created")),
        limit=params.get("limit", 10),
        after=params.get("starting_after"),
        before=params.get("ending_before"),
    )
    return {"object": "list", "data": data, "has_more": more, "url": call.path}


def _range(created: Any) -> dict[str, int]:
    if created is None:
        return {}
    return created if isinstance(created, dict) else {"gte": created, "lte": created}


def merged(metadata: dict[str, str], change: Any) -> dict[str, str]:
    """Stripe merges metadata; an empty value removes its name, an empty string all of them."""
    if change is None:
        return metadata
    if change == "":
        return {}
    return {name: value for name, value in {**metadata, **change}.items() if value != ""}


def overwrite(call: Call, body: dict[str, Any], *names: str) -> None:
    """What the call says of these fields and of the metadata is from now on so; an empty value
    clears a field.
    """
    for name in names:
        if name in call.params:
            body[name] = call.params[name] or None
    body["metadata"] = merged(body["metadata"], call.params.get("metadata"))


def expanded(call: Call, body: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The answer with objects in the place of their ids; what is stored stays untouched."""
    for path in paths:
        body = _expand(call, body, path.split("."), path)
    return body


def _expand(call: Call, body: dict[str, Any], steps: list[str], path: str) -> dict[str, Any]:
    name, rest = steps[0], steps[1:]
    if name == "data" and isinstance(body.get("data"), list):
        return {**body, "data": [_expand(call, item, rest, path) for item in body["data"]]}
    if name not in EXPANDABLE or name not in body:
        raise Problem(
            f"This property cannot be expanded ({path}).",
            code="property_cannot_be_expanded",
            param="expand",
        )
    value = body[name]
    if isinstance(value, str):
        value = call.find(KINDS[value.split("_", 1)[0]], value).body
    if rest and value is not None:
        value = _expand(call, value, rest, path)
    return {**body, name: value}
