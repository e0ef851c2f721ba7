"""What no honest person sends: nonsense for each box of a form, and for a request as a whole
(fault W3).

`every` names what can be asked of an address, `asked` makes one of it. The same dice make the same
bytes.
"""

import hashlib
import hmac
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.access_matrix.honest import (
    PICTURE,
    Asked,
    Endpoint,
    Pairs,
    Upload,
    pairs_of,
    request_of,
    with_value,
)
from tests.access_matrix.nonsense_whole import WHOLE
from tests.access_matrix.texts import DEEP, TEXTS

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
        honest = replace(request_of(endpoint, pairs_of(endpoint, dice), kind), typed={})
        return _sealed(WHOLE[kind](honest, dice))
    what = f"{box} = {kind}"
    if endpoint.document is not None:
        return _sealed(
            request_of(endpoint, [], what, instead=(box, VALUES[int(kind.removeprefix("value "))]))
        )
    pairs = pairs_of(endpoint, dice, pressed=box)
    change = SHAPES.get(kind) or (lambda pairs, name, dice: with_value(pairs, name, TEXTS[kind]))
    made = request_of(endpoint, change(pairs, box.encode(), dice), what)
    # how many rows follow: none can be read
    return replace(made, typed={}) if box.endswith("_FORMS") else made


def sample(endpoints: list[Endpoint], dice: random.Random, count: int) -> Iterator[Asked]:
    """Something of each endpoint, then anything of any."""
    for endpoint in endpoints:
        yield asked(endpoint, *dice.choice(list(every(endpoint))), dice)
    for endpoint in dice.choices(endpoints, k=max(0, count - len(endpoints))):
        yield asked(endpoint, *dice.choice(list(every(endpoint))), dice)


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
    "as a file": lambda pairs, name, dice: with_value(
        pairs, name, Upload(b"a.txt", b"\x00\xff" * 40)
    ),
    "a file of odd name": lambda pairs, name, dice: with_value(
        pairs, name, Upload(b"../\x00\xff\r\n.jpg", PICTURE)
    ),
    "an empty file": lambda pairs, name, dice: with_value(pairs, name, Upload(b"", b"")),
    "text and file": lambda pairs, name, dice: [*pairs, (name, Upload(b"a.jpg", b"GIF89a"))],
}
