"""Where the site of a laptop is found: free ports, and the address that people are told."""

import contextlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

OURSELVES = "127.0.0.1"  # nobody else's machine reaches it


class LaunchError(RuntimeError):
    """The site cannot start; the sentence says why and what to do."""


@dataclass(frozen=True)
class Ports:
    """Where people come in (`web`), and the two servers behind that door."""

    web: int
    pages: int
    streams: int


def choose_ports(wanted: int, host: str, say: Callable[[str], object]) -> Ports:
    """The wanted port, or the nearest free one above; says so when they differ.

    Two more for what stands behind it.
    """
    web = free_port(wanted, host)
    if web != wanted:
        say(f"Port {wanted} is taken by another program; using {web} instead.")
    pages = free_port(web + 1)
    return Ports(web, pages, free_port(pages + 1))


def free_port(first: int, host: str = OURSELVES) -> int:
    for port in range(first, min(first + 200, 65536)):
        if is_free(port, host):
            return port
    raise LaunchError(f"No free port from {first} on {host}. Choose another one with --port.")


def any_ports() -> Ports:
    """Free ports of the system's choice, for a site nobody needs to find."""
    with contextlib.ExitStack() as held:
        wires = [held.enter_context(socket.socket()) for _ in range(3)]
        for wire in wires:
            wire.bind((OURSELVES, 0))
        return Ports(*(wire.getsockname()[1] for wire in wires))


def is_free(port: int, host: str = OURSELVES) -> bool:
    for family, name in ((socket.AF_INET, OURSELVES), (socket.AF_INET6, "::1")):
        # A browser asked for localhost may try either address first: neither may be somebody
        # else's.
        with contextlib.suppress(OSError), socket.socket(family) as wire:
            wire.settimeout(0.5)
            if wire.connect_ex((name, port)) == 0:
                return False
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            wire.bind((host, port))
        except OSError:
            return False
    return True


def announce(ports: Ports, host: str = OURSELVES) -> None:
    """Tell this process and its children where the site is; an address somebody set on purpose
    stays.
    """
    from django.conf import settings

    everywhere = "0.0.0.0"  # noqa: S104  (asked for by --host)
    name = {OURSELVES: "localhost", everywhere: own_addresses()[0]}.get(host, host)
    settings.SITE_URL = os.environ.setdefault("SITE_URL", f"http://{name}:{ports.web}")
    if host != OURSELVES:
        os.environ.setdefault(
            "ALLOWED_HOSTS", ",".join(["localhost", OURSELVES, host, *own_addresses()])
        )


def own_addresses() -> list[str]:
    """What other machines call this one: its addresses of IPv4 beside the
    loopback, and its name.
    """
    import psutil

    found = [
        one.address
        for addresses in psutil.net_if_addrs().values()
        for one in addresses
        if one.family == socket.AF_INET and not one.address.startswith("127.")
    ]
    return [*found, socket.gethostname()]
