"""A server that speaks TLS on loopback, and an authority of its own that names it."""

import ssl
import threading
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{one: one in wanted for one in USAGES})


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class Authority:
    """`file`: its own certificate, for who trusts it."""

    def __init__(self, folder: Path):
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name, self.file = _name("Authority of the tests"), folder / "authority.pem"
        self._public = self._key.public_key()
        certificate = (
            self._begun(self._name, self._public, days=30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def certificate(self, host: str, *, days: int = 30) -> Path:
        """Of a server of this name, with its key; valid for so many days, or since so many no
        more.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._begun(_name(host), key.public_key(), days=days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"{host}{days}.pem"
        file.write_bytes(_pem(key, certificate))
        return file

    def _begun(self, subject, public, *, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._public), False)
        )


class Server:
    """Answers every question in the same way. `named`: which names were asked for in the
    handshakes; `asked`: which paths afterwards. Without a certificate it speaks no TLS.
    """

    def __init__(self, certificate: Path | None, *, body=b"", status=200, headers=()):
        self.named: list[str | None] = []
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._http.context = self._context(certificate) if certificate else None
        self.port = self._http.server_port
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()

    def _context(self, certificate: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda line, name, own: self.named.append(name)
        return context

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Quiet(ThreadingHTTPServer):
    """The handshake in the thread of its connection; one that fails ends it, without a word."""

    context: ssl.SSLContext | None = None

    def finish_request(self, request, client_address):
        with suppress(OSError), self._line(request) as line:
            super().finish_request(line, client_address)

    def _line(self, request):
        return (
            self.context.wrap_socket(request, server_side=True)
            if self.context
            else nullcontext(request)
        )

    def handle_error(self, request, client_address):
        """What is no HTTP ends too."""
