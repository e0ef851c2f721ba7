"""The TypeScript types of Stripe's npm package as a witness: what must be there, what may be null,
and which words there are, in every answer and every event.

Another hand generates them than the Python classes (`witness`): there a field that may be null may
also be missing, here one must be there unless it is marked. `schema.json` is what `typescript` read
of one version.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("schema.json")
OPEN = "@OtherString"  # words of later versions; of this one there are no others
TYPES = {"string": str, "boolean": bool}
OBJECTS_IN_ERRORS = ("payment_intent", "setup_intent", "payment_method")

# Differences that stay, by object and field; each is explained in docs/decisions/0044.
KNOWN = {
    ("charge", "destination"): "sent by the API, removed from the newest types",
    ("event", "payment.created"): "told to connected accounts, missing in the list of types",
}


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text())
    return found


def differences(status: int, answer: dict[str, Any]) -> list[str]:
    """What is wrong with an answer of the API, but for an error's own words, which have no type."""
    if status == 200:
        return of_object(answer)
    error = answer.get("error", {})
    return [line for name in OBJECTS_IN_ERRORS if name in error for line in of_object(error[name])]


def of_event(kind: str, body: dict[str, Any]) -> list[str]:
    known = kind in schema()["events"] or ("event", kind) in KNOWN
    return [*([] if known else [f"event: no type {kind}"]), *of_object(body)]


def of_object(value: Any) -> list[str]:
    """What is wrong with an object that says what it is."""
    name = value.get("object", "")
    if name in ("list", "search_result"):
        return [line for one in value["data"] for line in of_object(one)]
    if value.get("deleted"):
        return []
    if name not in schema()["objects"]:
        return [f"{name}: no such object"]
    if name == "event":
        told = {**value, "type": "account.updated"} if ("event", value["type"]) in KNOWN else value
        wrong = _of_type(schema()["objects"][name], told, (name,))
        return [*wrong, *of_object(value["data"]["object"])]
    return _of_type(schema()["objects"][name], value, (name,))


def _of_type(name: str, value: Any, path: tuple[str, ...]) -> list[str]:
    kind = schema()["types"].get(name)
    if kind is None:
        return [f"{'.'.join(path)}: {name} is no type that is sent"]
    if "is" in kind:
        return _of_union(kind["is"], value, path)
    return _of_fields(kind["fields"], value, path)


def _of_fields(fields: dict[str, Any], value: Any, path: tuple[str, ...]) -> list[str]:
    if not isinstance(value, dict):
        return [f"{'.'.join(path)}: {value!r} is no object"]
    if not fields:  # an object of any kind
        return []
    wrong = []
    for name in [*fields, *(name for name in value if name not in fields)]:
        here = (*path, name)
        if name == "*" or (path[0], ".".join(here[1:])) in KNOWN:
            continue
        arms = fields.get(name, fields.get("*"))
        if arms is None:
            wrong.append(f"{'.'.join(here)}: unknown to the types")
        elif name in value:
            wrong += _of_union(arms, value[name], here)
        elif arms[0] != "?":
            wrong.append(f"{'.'.join(here)}: missing")
    return wrong


def _of_union(arms: list[Any], value: Any, path: tuple[str, ...]) -> list[str]:
    words = [one for one in arms if isinstance(one, str) and one.startswith("'")]
    if value is None:
        return [] if "null" in arms else [f"{'.'.join(path)}: null"]
    fit = [arm for arm in arms if arm not in ("?", "null", OPEN)]
    if isinstance(value, dict):  # what it should be as an object, not as an id
        fit = [arm for arm in fit if isinstance(arm, dict) or arm.startswith("@")] or fit
    if words and isinstance(value, str):
        return [] if f"'{value}'" in words else [f"{'.'.join(path)}: no word {value!r}"]
    found = [_of_arm(arm, value, path) for arm in fit]
    return min(found, key=len) if found else []


def _of_arm(arm: Any, value: Any, path: tuple[str, ...]) -> list[str]:
    wrong = [f"{'.'.join(path)}: {value!r} is no {arm}"]
    if isinstance(arm, dict):
        return _of_many(arm, value, path, wrong)
    if arm.startswith("@"):
        return _of_name(arm[1:], value, path, wrong)
    if arm == "unknown":
        return []
    if arm == "number":
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        return [] if fits else wrong
    return [] if type(value) is TYPES.get(arm) else wrong


def _of_name(name: str, value: Any, path: tuple[str, ...], wrong: list[str]) -> list[str]:
    kind = schema()["types"].get(name, {})
    if "is" in kind:
        return _of_union(kind["is"], value, path)
    if not isinstance(value, dict):
        return wrong
    # its differences are known under its own name, wherever it stands
    own = value.get("object") if "object" in kind.get("fields", {}) else None
    return _of_type(name, value, (own,) if isinstance(own, str) else path)


def _of_many(arm: dict[str, Any], value: Any, path: tuple[str, ...], wrong: list[str]) -> list[str]:
    if "fields" in arm:
        return _of_fields(arm["fields"], value, path)
    if "list" in arm:
        if not isinstance(value, dict) or value.get("object") != "list":
            return wrong
        value = value["data"]
        return [line for one in value for line in _of_union(arm["list"], one, (*path, "0"))]
    if not isinstance(value, list):
        return wrong
    return [line for one in value for line in _of_union(arm["array"], one, (*path, "0"))]
