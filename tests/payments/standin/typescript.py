"""The TypeScript types of Stripe's npm package as a schema of what its API answers.

Made once for a version, and committed (docs/decisions/0044):

    npm pack stripe@23.1.0 && tar xzf stripe-23.1.0.tgz
    python -m tests.payments.standin.typescript package > tests/payments/standin/schema.json

Only interfaces of that package's style are read: fields, unions, literals, arrays, names. Whatever
else it meets it refuses.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What the stand-in sends.
OBJECTS = (
    "account",
    "account_link",
    "application",
    "application_fee",
    "balance",
    "balance_transaction",
    "bank_account",
    "capability",
    "charge",
    "customer",
    "dispute",
    "event",
    "fee_refund",
    "payment_intent",
    "payment_method",
    "payout",
    "refund",
    "setup_intent",
    "transfer",
    "transfer_reversal",
    "webhook_endpoint",
)
TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|[A-Za-z_$][\w$]*|\d+|=>|\.\.\.|[^\s]")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
LISTS = ("ApiList", "ApiSearchResult")


class Reader:
    """One file, token by token; what it declares goes into `types` by its whole name."""

    def __init__(self, text: str, types: dict[str, Any]):
        self.tokens = TOKEN.findall(COMMENT.sub("", text))
        self.at = 0
        self.types = types

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if wanted and token not in wanted:
            raise ValueError(f"{token!r} where {wanted} was awaited")
        self.at += 1
        return token

    def skip_to(self, end: str) -> None:
        """Past the statement, with whatever brackets are in it."""
        depth = 0
        while self.peek():
            token = self.take()
            depth += (token in "{([") - (token in "})]")
            if token == end and depth == 0:
                return

    def statements(self, scope: str, end: str) -> None:
        while self.peek() and self.peek() != end:
            while self.peek() in ("export", "declare"):
                self.take()
            word = self.take()
            if word == "interface":
                self.interface(scope)
            elif word == "namespace":
                name = self.take()
                self.take("{")
                self.statements(f"{scope}{name}.", "}")
                self.take("}")
            elif word == "type":
                self.alias(scope)
            elif word in ("class", "abstract"):
                self.skip_to("}")
            else:  # an import, an export of others, a constant
                self.at -= 1
                self.skip_to(";")

    def alias(self, scope: str) -> None:
        """A union under a name. What is none is left out, and missed where an answer needs it."""
        name, begin = self.take(), self.at
        try:
            self.take("=")
            self.types[scope + name] = {"scope": scope, "is": self.union()}
            self.take(";")
        except ValueError:
            self.types.pop(scope + name, None)
            self.at = begin
            self.skip_to(";")

    def interface(self, scope: str) -> None:
        name, bases = self.take(), []
        if self.peek() == "extends":
            self.take()
            while self.peek() != "{":
                bases.append(self.dotted())
                if self.peek() == ",":
                    self.take()
        found = {"scope": scope, "bases": bases, "fields": self.fields()}
        self.types[scope + name] = found

    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.take("{")
        while self.peek() != "}":
            if self.peek() == "[":  # any name
                self.skip_to("]")
                name = "*"
            else:
                name = self.take().strip("'")
            optional = self.peek() == "?"
            if optional:
                self.take()
            self.take(":")
            found[name] = ["?", *self.union()] if optional else self.union()
            self.take(";")
        self.take("}")
        return found

    def union(self) -> list[Any]:
        arms = []
        while True:
            if self.peek() == "|":
                self.take()
            arms += self.arm()
            if self.peek() != "|":
                return arms

    def arm(self) -> list[Any]:
        if self.peek() == "{":
            return [{"fields": self.fields()}]
        if self.peek().startswith("'"):
            return [self.take()]
        name = self.dotted()
        if self.peek() != "<":
            return [name] if name[0].islower() else [f"@{name}"]
        self.take("<")
        inner = self.union()
        self.take(">")
        return [{"list": inner}] if name in LISTS else [{"array": inner}]

    def dotted(self) -> str:
        name = self.take()
        while self.peek() == ".":
            self.take()
            name += f".{self.take()}"
        return name


def read(package: Path) -> dict[str, Any]:
    types: dict[str, Any] = {}
    files = [package / "cjs" / "shared.d.ts", *sorted((package / "cjs/resources").glob("*.d.ts"))]
    for file in files:
        Reader(file.read_text(), types).statements("", "")
    return types


def schema(package: Path) -> dict[str, Any]:
    """What can be reached from the objects that the stand-in sends."""
    types = read(package)
    objects = dict(_objects(types))
    wanted, found = [objects[name] for name in OBJECTS], {}
    others = {name for kind, name in objects.items() if kind not in OBJECTS}
    while wanted:
        name = wanted.pop()
        if name in found or name in others or name not in types:
            continue
        found[name] = {key: _whole(value, name, types) for key, value in _body(name, types).items()}
        wanted += sorted(_names(found[name]))
    version = re.search(r"ApiVersion = '([^']+)'", (package / "cjs/apiVersion.js").read_text())
    assert version is not None
    return {
        "package": (package / "package.json").read_text().split('"version": "')[1].split('"')[0],
        "api_version": version[1],
        "objects": {name: objects[name] for name in OBJECTS},
        "events": _events(types),
        "types": dict(sorted(found.items())),
    }


def _objects(types: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The interfaces that say by `object` what they are."""
    for name, one in types.items():
        kind = one.get("fields", {}).get("object", [])
        is_object = len(kind) == 1 and str(kind[0]).startswith("'")
        if is_object and "." not in name and not name.startswith("Deleted"):
            yield kind[0].strip("'"), name


def _events(types: dict[str, Any]) -> list[str]:
    """What an event may be called."""
    told = (one["fields"]["type"] for one in types.values() if one.get("bases") == ["EventBase"])
    return sorted(kind[0].strip("'") for kind in told)


def _body(name: str, types: dict[str, Any]) -> dict[str, Any]:
    one = types[name]
    if "is" in one:
        return {"is": one["is"]}
    fields: dict[str, Any] = {}
    for base in one["bases"]:
        whole = _find(base, one["scope"], types)
        fields |= _body(whole, types)["fields"]
    return {"fields": {**fields, **one["fields"]}}


def _whole(value: Any, name: str, types: dict[str, Any]) -> Any:
    """With each name as it is called from outside."""
    if isinstance(value, dict):
        return {key: _whole(inner, name, types) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner, name, types) for inner in value]
    if value.startswith("@"):
        return "@" + _find(value[1:], f"{name}.", types)
    return value


def _find(name: str, scope: str, types: dict[str, Any]) -> str:
    """As the language does: in the nearest namespace, then in the ones around it."""
    while scope:
        if scope + name in types:
            return scope + name
        scope = scope.rstrip(".").rpartition(".")[0]
        scope = f"{scope}." if scope else ""
    return name


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {name for inner in value.values() for name in _names(inner)}
    if isinstance(value, list):
        return {name for inner in value for name in _names(inner)}
    return {value[1:]} if value.startswith("@") else set()


if __name__ == "__main__":
    found = schema(Path(sys.argv[1]))
    rows = (f"{json.dumps(name)}: {json.dumps(one)}" for name, one in found["types"].items())
    lines = ",\n".join(rows)
    head = json.dumps({key: value for key, value in found.items() if key != "types"}, indent=1)
    sys.stdout.write(f'{head[:-2]},\n "types": {{\n{lines}\n}}\n}}\n')
