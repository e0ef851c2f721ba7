"""Signed messages between us and a provider, both ways, as standardwebhooks.com has them: id,
instant, body. Pure.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
ID, AT, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class BadSignature(Exception):
    """Not from them, changed on the way, or too old."""


def signed(body: bytes, *, name: str, key: str, at: datetime) -> dict[str, str]:
    """The headers of a message that go with this body. Who gets the same `name` twice acts once."""
    stamp = str(int(at.timestamp()))
    return {ID: name, AT: stamp, SIGNATURE: f"v1,{_signature(name, stamp, body, key)}"}


def verify(body: bytes, headers: Mapping[str, str], keys: Sequence[str], at: datetime) -> None:
    """Raises BadSignature unless one of the keys made one of the signatures within the last
    minutes.
    """
    name, stamp, given = (headers.get(header, "") for header in (ID, AT, SIGNATURE))
    if not (name and stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise BadSignature
    if abs(at.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise BadSignature
    offered = [one.removeprefix("v1,").encode() for one in given.split() if one.startswith("v1,")]
    wanted = [_signature(name, stamp, body, key).encode() for key in keys]
    if not any(hmac.compare_digest(one, right) for one in offered for right in wanted):
        raise BadSignature


def _signature(name: str, stamp: str, body: bytes, key: str) -> str:
    content = b".".join([name.encode(), stamp.encode(), body])
    return b64encode(hmac.new(key.encode(), content, hashlib.sha256).digest()).decode()
