"""What a browser would send of an address: its boxes as they stand, in the form's own way."""

import json
import random
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes, unquote_to_bytes

from tests import pictures
from tests.access_matrix.forms import TYPED, Field

FORM, MULTIPART, JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=seam",
    "application/json",
)
NOT_TYPED = {"username"}  # there for password managers
SHOWN_UP_TO = 200  # characters: of longer ones a page may say that they are too long


@dataclass(frozen=True)
class Endpoint:
    """An address that takes something. `secret`: who signs its messages."""

    role: str
    name: str
    method: str
    path: str
    fields: dict[str, Field] = field(default_factory=dict)
    document: dict | None = None
    secret: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.role}: {self.method.upper()} {self.name}"


@dataclass(frozen=True)
class Asked:
    endpoint: Endpoint
    what: str
    method: str
    path: str
    query: str
    kind: str
    body: bytes
    headers: dict[str, str]
    typed: dict[str, str]  # what a page that refuses has to show again

    def __str__(self) -> str:
        return f"{self.endpoint}, {self.what}"


@dataclass
class Upload:
    name: bytes
    content: bytes


Pairs = list[tuple[bytes, "bytes | Upload"]]


def pairs_of(endpoint: Endpoint, dice: random.Random, pressed: str = "") -> Pairs:
    """What the form would send; of its buttons the one that is meant, else now and then one of
    them.
    """
    found: Pairs = []
    buttons = [one for one in endpoint.fields.values() if one.kind == "button"]
    pressed = pressed or (dice.choice(buttons).name if buttons and dice.random() < 0.3 else "")
    for one in endpoint.fields.values():
        if one.kind == "file":
            found.append((one.name.encode(), Upload(b"photo.jpg", PICTURE)))
        elif one.kind != "button" or one.name == pressed:
            found.append((one.name.encode(), one.honest.encode()))
    return found


PICTURE = pictures.jpeg(size=(8, 8))


def with_value(pairs: Pairs, name: bytes, value: "bytes | Upload") -> Pairs:
    return [(one, value if one == name else old) for one, old in pairs]


def request_of(
    endpoint: Endpoint, pairs: Pairs, what: str, instead: tuple[str, str] | None = None
) -> Asked:
    path, _mark, query = endpoint.path.partition("?")
    kind, body = "", b""
    if endpoint.document is not None:
        values = {name: json.dumps(value) for name, value in endpoint.document.items()} | dict(
            [instead] if instead else []
        )
        text = ", ".join(f"{json.dumps(name)}: {value}" for name, value in values.items())
        kind, body = JSON, f"{{{text}}}".encode()
    elif endpoint.method == "get":
        mine = {name for name, _value in pairs}
        kept = [
            part
            for part in query.split("&")
            if part and unquote_to_bytes(part.partition("=")[0]) not in mine
        ]
        query = "&".join([*kept, _urlencoded(pairs)]) if pairs else query
    elif any(isinstance(value, Upload) for _name, value in pairs):
        kind, body = MULTIPART, multipart(pairs)
    else:
        kind, body = FORM, _urlencoded(pairs).encode()
    typed = _typed(endpoint, pairs)
    return Asked(
        endpoint,
        what,
        endpoint.method.upper(),
        path,
        query,
        kind,
        body,
        dict(endpoint.headers),
        typed,
    )


def _typed(endpoint: Endpoint, pairs: Pairs) -> dict[str, str]:
    boxes = {
        name for name, one in endpoint.fields.items() if one.kind in TYPED - {"password"}
    } - NOT_TYPED
    found: dict[str, str] = {}
    for raw, value in pairs:
        name = raw.decode("utf-8", "replace")
        if name in boxes:
            found.pop(name, None)  # of the same name the last one counts
            with suppress(UnicodeDecodeError):
                if isinstance(value, bytes) and len(value) < SHOWN_UP_TO:
                    found[name] = value.decode()
    return found


def _urlencoded(pairs: Pairs) -> str:
    said = ((name, value if isinstance(value, bytes) else value.name) for name, value in pairs)
    return "&".join(
        f"{quote_from_bytes(name, safe='')}={quote_from_bytes(value, safe='')}"
        for name, value in said
    )


def multipart(pairs: Pairs, seam: bytes = b"seam") -> bytes:
    parts = []
    for name, value in pairs:
        head = b'Content-Disposition: form-data; name="' + name + b'"'
        if isinstance(value, Upload):
            head += b'; filename="' + value.name + b'"\r\nContent-Type: image/jpeg'
            value = value.content
        parts.append(b"--" + seam + b"\r\n" + head + b"\r\n\r\n" + value + b"\r\n")
    return b"".join(parts) + b"--" + seam + b"--\r\n"
