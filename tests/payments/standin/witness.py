"""Stripe's own classes as a witness: whether an answer has their fields, their types, their words,
and null only where they allow it.

What the installed SDK says of each resource is generated from Stripe's description of its API:
nobody here wrote it.
"""

import typing
from functools import cache
from importlib import import_module
from inspect import get_annotations
from typing import Any

import stripe
from stripe import StripeObject
from stripe._object_classes import OBJECT_CLASSES

# Differences that stay, by object and field; each is explained in docs/decisions/0032.
KNOWN = {
    ("charge", "destination"): "sent by the API, removed from the newest types",
    ("charge", "source"): "typed as always there, null for payments of today",
    ("charge", "transfer"): "typed as always there, sent only when there is one",
    ("event", "payment.created"): "told to connected accounts, missing in the list of types",
}
ERRORS = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}
OBJECTS_IN_ERRORS = ("payment_intent", "setup_intent", "payment_method")


@cache
def classes() -> dict[str, Any]:
    """Each resource by the name under which it is sent.

    Touches a private table of the SDK, which is pinned.
    """
    return {
        name: getattr(import_module(module), cls) for name, (module, cls) in OBJECT_CLASSES.items()
    }


def differences(status: int, answer: dict[str, Any]) -> list[str]:
    """What is wrong with an answer of the API."""
    if status == 200:
        return of_object(answer)
    error = answer.get("error", {})
    wrong = [] if error.get("type") in ERRORS and error.get("message") else [f"error: {error}"]
    return [
        *wrong,
        *(line for name in OBJECTS_IN_ERRORS if name in error for line in of_object(error[name])),
    ]


def of_object(value: Any) -> list[str]:
    """What is wrong with an object that says what it is; of an event, with the object it tells of
    too.
    """
    if not isinstance(value, dict):
        return [f"{value!r}: no object"]
    name = value.get("object", "")
    if name == "list" or name == "search_result":
        return [line for one in value["data"] for line in of_object(one)]
    if value.get("deleted"):
        return (
            [] if set(value) == {"id", "object", "deleted"} else [f"{name}: more than a tombstone"]
        )
    if name not in classes():
        return [f"{name}: no such object"]
    if name == "event":
        told = {**value, "type": "account.updated"} if ("event", value["type"]) in KNOWN else value
        return [*_of_class(classes()[name], told, (name,)), *of_object(value["data"]["object"])]
    return _of_class(classes()[name], value, (name,))


def of_event(kind: str, body: dict[str, Any]) -> list[str]:
    """What is wrong with an event of this type about this object."""
    known = _literals(_hint(stripe.Event, stripe.Event.__annotations__["type"]))
    wrong = [] if kind in known or ("event", kind) in KNOWN else [f"event: no type {kind}"]
    return [*wrong, *of_object(body)]


def _of_class(cls: Any, value: Any, path: tuple[str, ...]) -> list[str]:
    if not isinstance(value, dict):
        return [f"{'.'.join(path)}: {value!r} is no {cls.__name__}"]
    hints = _hints(cls)
    wrong = []
    for name in [*hints, *(name for name in value if name not in hints)]:
        here = (*path, name)
        if (path[0], ".".join(here[1:])) in KNOWN:
            continue
        if name not in hints:
            wrong.append(f"{'.'.join(here)}: unknown to the SDK")
        elif name not in value:
            wrong += [] if _may_be_null(hints[name]) else [f"{'.'.join(here)}: missing"]
        else:
            wrong += _of_hint(hints[name], value[name], here)
    return wrong


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return {
        name: _hint(cls, hint)
        for base in reversed(cls.__mro__)
        if base is not StripeObject and issubclass(base, StripeObject)
        for name, hint in get_annotations(base).items()
        if not name.startswith("_") and "ClassVar" not in str(hint)
    }


def _hint(cls: Any, hint: Any) -> Any:
    """Names that only type checkers see are looked up among the SDK's resources."""
    if isinstance(hint, str):
        module = vars(__import__(cls.__module__, fromlist=["x"]))
        # the SDK's own words
        return eval(hint, {**classes_by_name(), **vars(typing), **module, **vars(cls)})
    return hint


def _may_be_null(hint: Any) -> bool:
    return hint is Any or type(None) in _arms(hint)


def _arms(hint: Any) -> list[Any]:
    if typing.get_origin(hint) is typing.Union:
        return [inner for arm in typing.get_args(hint) for inner in _arms(arm)]
    return [hint]


def _literals(hint: Any) -> set[Any]:
    return {word for arm in _arms(hint) if _is_literal(arm) for word in typing.get_args(arm)}


def _is_literal(hint: Any) -> bool:
    return (
        getattr(typing.get_origin(hint), "_name", "") == "Literal"
        or typing.get_origin(hint) is typing.Literal
    )


def _of_hint(hint: Any, value: Any, path: tuple[str, ...]) -> list[str]:
    if value is None:
        return [] if _may_be_null(hint) else [f"{'.'.join(path)}: null"]
    arms = [arm for arm in _arms(hint) if arm is not type(None)]
    words = _literals(hint)
    # the SDK leaves enumerations open for words of later versions; of this version there are no
    # others
    if words:
        arms = [arm for arm in arms if arm is not str]
        if isinstance(value, str):
            return [] if value in words else [f"{'.'.join(path)}: no word {value!r}"]
    # expanded: what it should be as an object, not as an id
    if isinstance(value, dict) and len(arms) > 1:
        arms = [arm for arm in arms if arm is not str]
    found = [_of_arm(arm, value, path) for arm in arms]
    return min(found, key=len) if found else []


def _of_arm(arm: Any, value: Any, path: tuple[str, ...]) -> list[str]:
    origin, args = typing.get_origin(arm), typing.get_args(arm)
    wrong = [f"{'.'.join(path)}: {value!r} is no {arm}"]
    if arm is Any:
        return []
    if isinstance(arm, typing.ForwardRef):
        named = classes_by_name().get(arm.__forward_arg__)
        return _of_arm(named, value, path) if named else wrong  # an object this product never sees
    if origin is list:
        if not isinstance(value, list):
            return wrong
        return [line for one in value for line in _of_hint(args[0], one, (*path, "0"))]
    if (
        origin is dict
        or getattr(arm, "__name__", getattr(origin, "__name__", "")) == "UntypedStripeObject"
    ):
        return [] if isinstance(value, dict) else wrong
    if isinstance(origin, type) and issubclass(origin, stripe.ListObject):
        return [] if isinstance(value, dict) and value.get("object") == "list" else wrong
    if isinstance(arm, type) and issubclass(arm, StripeObject):
        if isinstance(value, str):
            return wrong
        # its differences are known under its own name, wherever it stands
        own = getattr(arm, "OBJECT_NAME", "")
        return _of_class(arm, value, (own,) if own else path)
    if arm is float:
        return [] if isinstance(value, int | float) and not isinstance(value, bool) else wrong
    return [] if isinstance(arm, type) and type(value) is arm else wrong


@cache
def classes_by_name() -> dict[str, Any]:
    named = {one.__name__: one for one in classes().values()}
    aliases = {
        "CardResource": stripe.Card,
        "AccountResource": stripe.Account,
        "PayoutResource": stripe.Payout,
        "DisputeResource": stripe.Dispute,
    }
    return {**named, **aliases}
