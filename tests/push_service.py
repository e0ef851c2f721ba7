"""A browsers' push service of our own: it checks who sends (RFC 8292), opens what only the device
could (RFC 8291).

Written from the standards, apart from mila/web_push.py: what both agree on is not one mistake made
twice.
"""

import base64
import hashlib
import hmac
import json
import os
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

RAW = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def quoted(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unquoted(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Phone:
    """A device with its keys; what came for it, opened, with its headers."""

    service: "Service"
    name: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    status: int = 201
    got: list[dict] = field(default_factory=list)
    headers: list[dict] = field(default_factory=list)

    @property
    def subscription(self) -> dict[str, str]:
        p256dh = quoted(self.key.public_key().public_bytes(*RAW))
        return {
            "endpoint": f"{self.service.origin}/to/{self.name}",
            "p256dh": p256dh,
            "auth": quoted(self.secret),
        }

    def open(self, body: bytes) -> dict:
        salt, size, length = body[:16], struct.unpack("!I", body[16:20])[0], body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        ours = self.key.public_key().public_bytes(*RAW)
        both = _hkdf(
            self.secret, self.key.exchange(ec.ECDH(), point), b"WebPush: info\0" + ours + theirs, 32
        )
        content = _hkdf(salt, both, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, both, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(content).decrypt(nonce, record, None)
        text, mark = plain.rstrip(b"\0")[:-1], plain.rstrip(b"\0")[-1]
        assert mark == 2
        return json.loads(text)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    first = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(first, info + b"\1", hashlib.sha256)[:length]


def signer(header: str, audience: str) -> str:
    """The public key of who sends; an assertion fails where the signature or the audience is not
    right.
    """
    scheme, _, rest = header.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    assert (scheme, json.loads(unquoted(head))) == ("vapid", {"typ": "JWT", "alg": "ES256"})
    raw = unquoted(signature)
    assert len(raw) == 64
    der = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unquoted(parts["k"]))
    point.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    said = json.loads(unquoted(claims))
    assert said["aud"] == audience
    assert said["sub"].startswith("mailto:")
    return parts["k"]


class Service:
    def __init__(self) -> None:
        self.phones: dict[str, Phone] = {}
        self.signers: set[str] = set()
        self.faults: list[str] = []
        self.origin = ""

    def phone(self, name: str = "one") -> Phone:
        self.phones[name] = Phone(self, name)
        return self.phones[name]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        phone = self.phones.get(path.removeprefix("/to/"))
        if phone is None:
            return 404
        try:
            self.signers.add(signer(headers["Authorization"], self.origin))
            assert headers["Content-Encoding"] == "aes128gcm"
            message = phone.open(body)
        except Exception as error:
            self.faults.append(repr(error))
            return 400
        if phone.status == 201:
            phone.got.append(message)
            phone.headers.append(headers)
        return phone.status


@contextmanager
def running():
    """The service on a port of this machine; anything it could not accept fails the test."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = service.take(self.path, dict(self.headers), body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{service.origin}/led/on")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert service.faults == []
