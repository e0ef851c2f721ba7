"""One document from an address that a person gave us, asked so that it leads nowhere but outside
(fault W11).

https on its own port alone. The name is resolved once, every answer must be a public address, and
the connection goes to the very one that was looked at: a name server that says something else a
moment later is not asked again. No redirect is followed.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import SplitResult, urlsplit

SECONDS = 10  # for the whole answer
LONGEST_ADDRESS = 1_000
PORT = 443
# Public by their own numbers, and a private IPv4 address by what they carry.
CARRIERS = [ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(ValueError):
    """The address is none we ask: not https, or it leads to a network that is not public."""


class NotReached(Exception):
    """Nobody there, too slow, or another answer than the document."""


class TooLarge(Exception):
    """More than we take."""


def checked(address: str) -> SplitResult:
    """Its parts. Raises NotAllowed; looks no name up."""
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
        raise NotAllowed("signs")
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise NotAllowed("no address") from None
    if parts.scheme != "https" or port not in (None, PORT) or "@" in parts.netloc or not host:
        raise NotAllowed("not https")
    if any(sign in address for sign in " \\"):
        raise NotAllowed("signs")
    return parts


def is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local:
            return False
        if any(address in network for network in CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def get(address: str, *, most: int) -> bytes:
    """The document, of `most` octets at most.

    Never inside a transaction. Raises NotAllowed, NotReached, TooLarge.
    """
    parts, until = checked(address), time.monotonic() + SECONDS
    line = _Pinned(parts.hostname or "", _resolved(parts.hostname or ""))
    where = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        line.request("GET", where, headers={"User-Agent": "Mila", "Accept": "text/calendar, */*"})
        answer = line.getresponse()
        if answer.status != http.client.OK:
            raise NotReached(f"status {answer.status}")
        return _body(answer, most, until)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotReached(type(error).__name__) from None
    finally:
        line.close()


def _resolved(host: str) -> str:
    """The first of its addresses; all of them must be public."""
    try:
        found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(one[4][0]) for one in found]
    except (OSError, ValueError) as error:
        raise NotReached(type(error).__name__) from None
    if not addresses:
        raise NotReached("no address")
    if not all(is_public(one) for one in addresses):
        raise NotAllowed("not public")
    return str(addresses[0])


class _Pinned(http.client.HTTPSConnection):
    """To the address that was looked at, under the name that the certificate must bear."""

    def __init__(self, host: str, address: str):
        self._context_of_line = ssl.create_default_context()
        super().__init__(host, PORT, timeout=SECONDS, context=self._context_of_line)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, PORT), SECONDS)
        self.sock = self._context_of_line.wrap_socket(plain, server_hostname=self.host)


def _body(answer: http.client.HTTPResponse, most: int, until: float) -> bytes:
    """What trickles in is not waited for."""
    parts, left = [], most + 1
    while part := answer.read1(left):
        parts.append(part)
        left -= len(part)
        if left <= 0:
            raise TooLarge
        if time.monotonic() > until:
            raise NotReached("too slow")
    return b"".join(parts)
