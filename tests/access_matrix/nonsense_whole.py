"""What no honest browser sends as a whole: other bytes, other headers, another way (fault W3)."""

import gzip
import random
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_from_bytes

from tests.access_matrix.honest import FORM, JSON, MULTIPART, Asked, Upload, multipart
from tests.access_matrix.texts import DEEP, TEXTS

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
    return replace(made, body=multipart([(b"a", b"1")]), kind=dice.choice(SEAMS))


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
        made, kind=MULTIPART, body=multipart([(b"f", Upload(b"a", b"x"))] * dice.choice([51, 400]))
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
