"""What no honest person sends: nonsense for each box of a form, and for a request as a whole
(fault W3).

`every` names what can be asked of an address, `asked` makes one of it. The same dice make the same
bytes.
"""

import gzip
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from tests import pictures
from tests.access_matrix.forms import TYPED, Field

FORM, MULTIPART, JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=seam",
    "application/json",
)
DEEP = 10_000
NOT_TYPED = {"username"}  # there for password managers
SHOWN_UP_TO = 200  # characters: of longer ones a page may say that they are too long
TEXTS: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \t\r\n ",
    "nul": b"a\x00b",
    "lone surrogate": b"a\xed\xa0\x80",
    "pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "not utf-8": b"\xff\xfe\xf0\x28",
    "overlong": b"\xc0\xaf\xe0\x80\xaf",
    "beyond unicode": b"\xf4\x90\x80\x80",
    "a megabyte": b"x" * 2**20,
    "longer than any box": b"x" * 100_000,
    "too long by little": "é".encode() * 2_001,
    "turned round": "\u202e3201\u202c abc".encode(),
    "zero width": "\u200b\u200c\u200d\u2060\ufeff".encode(),
    "zero width inside": "a\u200bb\u200dc".encode(),
    "controls": bytes(range(1, 32)) + b"\x7f\xc2\x85",
    "piled up": ("a" + "\u0301" * 150).encode(),
    "beyond the first plane": "\U0001f469\u200d\U0001f527\U0001d54f\U0010fffd".encode(),
    "a letter for all": "ﷺ İß ſ".encode(),
    "lines": b"a\r\nSet-Cookie: x=1\r\n\r\n<p>b",
    "not a number": b"NaN",
    "infinite": b"-Infinity",
    "inf": b"inf",
    "beyond floats": b"1e309",
    "below floats": b"-1e-400",
    "negative": b"-1",
    "zero": b"0",
    "beyond 32 bits": b"2147483648",
    "beyond 64 bits": b"99999999999999999999",
    "five thousand digits": b"9" * 5_000,
    "digits of others": "١٢٣".encode(),
    "superscript": "²".encode(),
    "underscores": b"1_000",
    "hexadecimal": b"0x1F",
    "with a comma": b"1,5,0",
    "no day": b"0000-00-00",
    "first day": b"0001-01-01",
    "last day": b"9999-12-31",
    "last minute": b"9999-12-31T23:59",
    "29 February of a common year": b"2027-02-29",
    "30 February": b"2026-02-30T10:00",
    "week of the year": b"2026-W48-4",
    "day of the year": b"2026-333",
    "an hour that is not": b"2027-03-28T02:30",
    "an hour that is twice": b"2026-10-25T02:30",
    "a zone": b"2026-12-03T10:00+99:99",
    "25 o'clock": b"25:61:61",
    "deep": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"strokes":' * 2_000,
    "json null": b"null",
    "json of odd strokes": b'{"strokes": [[[NaN, 1e999], ["a", {}]], 7, null], "width": -1}',
    "quotes": b"'\"`;-- ) OR 1=1",
    "sql wild cards": b"%_\\",
    "format": b"%s%n{0}{{7*7}}${7*7}{% x %}",
    "markup": b"\"'><script>alert(1)</script>",
    "way up": b"../../../../etc/passwd",
    "elsewhere": b"//evil.example/\\",
    "backslashes": b"\\\\.\\u0000\\",
    "a pipe": b"|",
    "a bar and a nul": b"69007|%00",
}
VALUES = [  # of a key in JSON, as it is written
    "null",
    "true",
    "NaN",
    "-Infinity",
    "1e309",
    "-1",
    "0.1e-400",
    "99999999999999999999",
    "9" * 5_000,
    "[]",
    "{}",
    '"\\u0000"',
    '"\\ud800"',
    '"\\u202e"',
    '""',
    '"x"',
    '"' + "x" * 100_000 + '"',
    "[" * DEEP + "]" * DEEP,
    '{"a":' * DEEP + "1" + "}" * DEEP,
    '{"a": 1, "a": 2}',
    "[1, [2, [3]]]",
    "1.5",
    "\x00",
    "'x'",
    "01",
    "",
]


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


def every(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """(box, kind of nonsense); for the request as a whole the box is ""."""
    if endpoint.document is not None:
        yield from (
            (name, f"value {number}") for name in endpoint.document for number in range(len(VALUES))
        )
    for name in endpoint.fields:
        yield from ((name, kind) for kind in (*TEXTS, *SHAPES))
    yield from (("", kind) for kind in WHOLE)


def asked(endpoint: Endpoint, box: str, kind: str, dice: random.Random) -> Asked:
    """An honest request with one thing wrong in it."""
    if kind in WHOLE:
        honest = replace(_honest(endpoint, _pairs(endpoint, dice), kind), typed={})
        return _sealed(WHOLE[kind](honest, dice))
    what = f"{box} = {kind}"
    if endpoint.document is not None:
        return _sealed(
            _honest(endpoint, [], what, instead=(box, VALUES[int(kind.removeprefix("value "))]))
        )
    pairs = _pairs(endpoint, dice, pressed=box)
    change = SHAPES.get(kind) or (lambda pairs, name, dice: _with(pairs, name, TEXTS[kind]))
    made = _honest(endpoint, change(pairs, box.encode(), dice), what)
    # how many rows follow: none can be read
    return replace(made, typed={}) if box.endswith("_FORMS") else made


def sample(endpoints: list[Endpoint], dice: random.Random, count: int) -> Iterator[Asked]:
    """Something of each endpoint, then anything of any."""
    for endpoint in endpoints:
        yield asked(endpoint, *dice.choice(list(every(endpoint))), dice)
    for endpoint in dice.choices(endpoints, k=max(0, count - len(endpoints))):
        yield asked(endpoint, *dice.choice(list(every(endpoint))), dice)


def _pairs(endpoint: Endpoint, dice: random.Random, pressed: str = "") -> Pairs:
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


def _with(pairs: Pairs, name: bytes, value: "bytes | Upload") -> Pairs:
    return [(one, value if one == name else old) for one, old in pairs]


def _honest(
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
        kind, body = MULTIPART, _multipart(pairs)
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


def _multipart(pairs: Pairs, seam: bytes = b"seam") -> bytes:
    parts = []
    for name, value in pairs:
        head = b'Content-Disposition: form-data; name="' + name + b'"'
        if isinstance(value, Upload):
            head += b'; filename="' + value.name + b'"\r\nContent-Type: image/jpeg'
            value = value.content
        parts.append(b"--" + seam + b"\r\n" + head + b"\r\n\r\n" + value + b"\r\n")
    return b"".join(parts) + b"--" + seam + b"--\r\n"


def _sealed(made: Asked) -> Asked:
    """Signed by its sender, whatever is in it."""
    if not made.endpoint.secret:
        return made
    at = str(int(time.time()))
    seal = hmac.new(
        made.endpoint.secret.encode(), f"{at}.".encode() + made.body, hashlib.sha256
    ).hexdigest()
    return replace(made, headers={"Stripe-Signature": f"t={at},v1={seal}", **made.headers})


SHAPES: dict[str, Callable[[Pairs, bytes, random.Random], Pairs]] = {
    "missing": lambda pairs, name, dice: [pair for pair in pairs if pair[0] != name],
    "twice": lambda pairs, name, dice: [*pairs, (name, dice.choice(list(TEXTS.values())))],
    "a hundred times": lambda pairs, name, dice: [*pairs, *[(name, b"1")] * 100],
    "as an array": lambda pairs, name, dice: [
        (one + b"[]" if one == name else one, value) for one, value in pairs
    ],
    "as a tree": lambda pairs, name, dice: [
        (one + b"[a][0]" if one == name else one, value) for one, value in pairs
    ],
    "another case": lambda pairs, name, dice: [
        (one.upper() if one == name else one, value) for one, value in pairs
    ],
    "as a file": lambda pairs, name, dice: _with(pairs, name, Upload(b"a.txt", b"\x00\xff" * 40)),
    "a file of odd name": lambda pairs, name, dice: _with(
        pairs, name, Upload(b"../\x00\xff\r\n.jpg", PICTURE)
    ),
    "an empty file": lambda pairs, name, dice: _with(pairs, name, Upload(b"", b"")),
    "text and file": lambda pairs, name, dice: [*pairs, (name, Upload(b"a.jpg", b"GIF89a"))],
}
Change = Callable[[Asked, random.Random], Asked]
WHOLE: dict[str, Change] = {}


def whole(kind: str) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        WHOLE[kind] = change
        return change

    return register


def _bytes(dice: random.Random, most: int = 400) -> bytes:
    return dice.randbytes(dice.randint(1, most))


BODIES = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"1e999",
    b"NaN",
    b'"\\ud800"',
    b'{"a":1,"a":2}',
    b"[" * DEEP,
    b"=",
    b"&" * 999,
    b"%",
]
TYPES = [
    "",
    "text/plain",
    "application/json",
    "application/xml",
    "application/octet-stream",
    "a/b; charset=utf-16",
    "nonsense",
    f"{FORM}; charset=hex",
    "multipart/mixed; boundary=seam",
    "application/json; charset=\xff",
    "x" * 9_000,
]
SEAMS = [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=other",
    "multipart/form-data; boundary=\xe4",
    f"multipart/form-data; boundary={'x' * 300}",
]
HEADERS = [
    "Accept-Language",
    "Cookie",
    "User-Agent",
    "Referer",
    "Origin",
    "HX-Request",
    "HX-Current-URL",
    "HX-Target",
    "Range",
    "If-Modified-Since",
    "If-None-Match",
    "Stripe-Signature",
    "Authorization",
    "X-Forwarded-For",
    "Accept",
    "Stripe-Account",
    "Idempotency-Key",
    "X-Requested-With",
    "Accept-Encoding",
]
LINES = [
    "",
    "\x00",
    "\xff\xfe",
    "x" * 70_000,
    "a=\xed\xa0\x80",
    "NaN",
    "true",
    "http://[::1",
    "t=,v1=",
    "t=9e99,v1=\xb2",
    "bytes=5-2",
    "fr;q=9,\xe9;q=nan",
    "Basic \xff",
    'sessionid="\\000"; =; ;;',
    "Bearer sk_test_x",
]


@whole("another content type")
def _type(made, dice):
    return replace(made, kind=dice.choice(TYPES))


@whole("another body")
def _body(made, dice):
    return replace(made, body=dice.choice(BODIES), kind=dice.choice([made.kind, *TYPES]))


@whole("binary body")
def _binary(made, dice):
    return replace(made, body=_bytes(dice), kind=dice.choice([FORM, MULTIPART, JSON, made.kind]))


@whole("flipped bytes")
def _flipped(made, dice):
    body = bytearray(made.body or b"a=1")
    for _ in range(dice.randint(1, 8)):
        body[dice.randrange(len(body))] = dice.randrange(256)
    return replace(made, body=bytes(body))


@whole("cut short")
def _cut(made, dice):
    return replace(made, body=made.body[: dice.randint(0, len(made.body))])


@whole("wrong seam")
def _seam(made, dice):
    return replace(made, body=_multipart([(b"a", b"1")]), kind=dice.choice(SEAMS))


@whole("parts of nonsense")
def _parts(made, dice):
    return replace(
        made,
        kind=MULTIPART,
        body=b"--seam\r\n" + _bytes(dice) + b"\r\n\r\n" + _bytes(dice) + b"\r\n--seam--\r\n",
    )


@whole("too many boxes")
def _boxes(made, dice):
    return replace(
        made,
        kind=FORM,
        body=b"&".join(b"k%d=1" % number for number in range(dice.choice([301, 5_000]))),
    )


@whole("too many files")
def _files(made, dice):
    return replace(
        made, kind=MULTIPART, body=_multipart([(b"f", Upload(b"a", b"x"))] * dice.choice([51, 400]))
    )


@whole("a box nobody asked for")
def _more(made, dice):
    name = quote_from_bytes(
        dice.choice([b"__class__", b"pk", b"id", b"state", b"x" * 300, b"\xff", b"a\x00"])
    )
    return replace(made, kind=made.kind or FORM, body=made.body + f"&{name}=1".encode())


@whole("packed")
def _packed(made, dice):
    return replace(
        made,
        body=gzip.compress(made.body, mtime=0),
        headers={**made.headers, "Content-Encoding": "gzip"},
    )


@whole("odd length")
def _length(made, dice):
    length = dice.choice(["-1", "abc", "1e3", "²", "99999999999999999999", ""])
    return replace(made, headers={**made.headers, "Content-Length": length})


@whole("odd header")
def _header(made, dice):
    return replace(made, headers={**made.headers, dice.choice(HEADERS): dice.choice(LINES)})


@whole("many headers")
def _headers(made, dice):
    return replace(
        made,
        headers={**made.headers, **{name: dice.choice(LINES) for name in dice.sample(HEADERS, 6)}},
    )


@whole("as a part of a page")
def _part(made, dice):
    return replace(
        made, headers={**made.headers, "HX-Request": "true", "HX-Current-URL": dice.choice(LINES)}
    )


@whole("odd method")
def _method(made, dice):
    return replace(
        made,
        method=dice.choice(["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "BREW", "post"]),
    )


@whole("odd query")
def _query(made, dice):
    name = quote(
        dice.choice([*made.endpoint.fields, "page", "next", "q", "seen", "week", "e", "o", "p"])
    )
    return replace(
        made, query=f"{name}={quote_from_bytes(dice.choice(list(TEXTS.values()))[:9_000])}"
    )


@whole("query of bytes")
def _raw_query(made, dice):
    return replace(made, query=_bytes(dice, 80).decode("latin-1"))


@whole("odd address")
def _address(made, dice):
    """One piece of the path is something else."""
    pieces = made.path.split("/")
    spot = dice.choice([number for number, piece in enumerate(pieces) if piece] or [0])
    pieces[spot] = quote_from_bytes(dice.choice(list(TEXTS.values()))[:2_500], safe="")
    return replace(made, path="/".join(pieces) or "/")
