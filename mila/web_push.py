"""One message to one device through its browser's push service: RFC 8030, sealed by RFC 8291,
signed by RFC 8292.

Knows no person. The address of a device is what a browser has told us, so it is asked only where a
push service is known to live, and never led on from there (fault W11).
"""

import base64
import http.client
import json
import os
import ssl
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from mila.clock import machine_now

SECONDS = 5  # for a connection, and again for the answer
TOKEN_SECONDS = 12 * 60 * 60  # a day at most, says the standard
LONGEST_ADDRESS = 1_000
RECORD = 4096
LONGEST = 3_000  # octets of a message: every service takes 4,096 sealed ones
GONE = (404, 410)


class Gone(Exception):
    """The device no longer listens: its browser has forgotten us."""


class NotTaken(Exception):
    """The push service was not reached, or would not have it now."""


class NoDevice(ValueError):
    """What a browser has sent is no subscription of a push service we know."""


@dataclass(frozen=True)
class Device:
    """What a browser gives for one of its subscriptions: an address and two public values,
    base64url.
    """

    endpoint: str
    p256dh: str
    auth: str


def check(device: Device) -> None:
    """Raises NoDevice."""
    if not is_push_service(device.endpoint):
        raise NoDevice("endpoint")
    try:
        _point(device.p256dh)
        if len(unquoted(device.auth)) != 16:
            raise NoDevice("auth")
    except (ValueError, InvalidKey) as error:
        raise NoDevice("keys") from error


def is_push_service(endpoint: str) -> bool:
    """https on its own port, at a host of settings.PUSH_SERVICES; or an origin that stands there
    whole.
    """
    try:
        parts = urlsplit(endpoint)
        origin, port, host = (
            f"{parts.scheme}://{parts.netloc}",
            parts.port,
            (parts.hostname or "").lower(),
        )
    except ValueError:
        return False
    if (
        len(endpoint) > LONGEST_ADDRESS
        or not endpoint.isascii()
        or not endpoint.isprintable()
        or " " in endpoint
    ):
        return False
    if origin in settings.PUSH_SERVICES:
        return True
    if parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc:
        return False
    return any(
        host == name or (name.startswith(".") and host.endswith(name))
        for name in settings.PUSH_SERVICES
    )


def send(device: Device, message: bytes, *, ttl: int, urgent: bool, topic: str) -> None:
    """Hand it to the device's push service, which keeps it for `ttl` seconds at most.

    A later one of the same `topic` takes the place of one that still waits. Raises Gone, NotTaken.
    """
    try:
        body = sealed(device, message)
    except (ValueError, InvalidKey) as error:
        raise NotTaken("keys") from error
    parts = urlsplit(device.endpoint)
    headers = {
        "Authorization": vapid(f"{parts.scheme}://{parts.netloc}"),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(0, ttl)),
        "Urgency": "high" if urgent else "normal",
        "Topic": topic[:32],
    }
    line = _connection(parts)
    try:
        where = parts.path or "/"
        line.request(
            "POST",
            f"{where}?{parts.query}" if parts.query else where,
            body,
            headers,
        )
        answer = line.getresponse()
        status = answer.status
        answer.read(1_000)
    except (OSError, http.client.HTTPException) as error:
        raise NotTaken(type(error).__name__) from error
    finally:
        line.close()
    if status in GONE:
        raise Gone
    if not 200 <= status < 300:
        raise NotTaken(f"status {status}")


def _connection(parts) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.netloc, timeout=SECONDS, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(parts.netloc, timeout=SECONDS)


# --- RFC 8291: only this device can read it


def sealed(device: Device, message: bytes) -> bytes:
    """One record of aes128gcm."""
    if len(message) > LONGEST:
        raise ValueError("message too long")
    theirs, secret, salt = _point(device.p256dh), unquoted(device.auth), os.urandom(16)
    once = ec.generate_private_key(ec.SECP256R1())
    ours, key = _raw(once.public_key()), once.exchange(ec.ECDH(), theirs)
    shared = _derived(secret, key, b"WebPush: info\x00" + _raw(theirs) + ours, 32)
    content = _derived(salt, shared, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(salt, shared, b"Content-Encoding: nonce\x00", 12)
    head = salt + struct.pack("!IB", RECORD, len(ours)) + ours
    return head + AESGCM(content).encrypt(nonce, message + b"\x02", None)


def _derived(salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(key)


def _point(text: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unquoted(text))


def _raw(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


# --- RFC 8292: the push service knows who sends


def vapid(audience: str) -> str:
    """The header that says who we are to the service of this origin."""
    claims = {
        "aud": audience,
        "exp": int(machine_now().timestamp()) + TOKEN_SECONDS,  # the service has no other clock
        "sub": f"mailto:{settings.SECURITY_EMAIL}",
    }
    head = ".".join(
        quoted(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = utils.decode_dss_signature(_private().sign(head.encode(), ec.ECDSA(hashes.SHA256())))
    signature = quoted(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={head}.{signature}, k={public_key()}"


def public_key() -> str:
    """By which a browser subscribes to us and nobody else."""
    return quoted(_raw(_private().public_key()))


def new_key() -> str:
    """A private key for VAPID_PRIVATE_KEY: 32 octets, base64url."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return quoted(number.to_bytes(32, "big"))


def _private() -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(unquoted(settings.VAPID_PRIVATE_KEY), "big")
    return ec.derive_private_key(number, ec.SECP256R1())


def quoted(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unquoted(text: str) -> bytes:
    """Raises ValueError for anything but base64url, with or without its padding."""
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
