"""Where a request comes from, as far as we can know it (fault S2).

Each proxy of ours writes the address it was called from at the end of X-Forwarded-For; what stands
before that anybody can write. So exactly as many entries count, from the end, as there are proxies:
settings.TRUSTED_PROXIES.
"""

import ipaddress

from django.conf import settings

UNKNOWN = "unknown"


def client_address(request) -> str:
    """The address our outermost proxy was called from; without proxies, whoever calls us."""
    peer = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        # Fewer than there are proxies: it came past them, from inside. Then the caller is who
        # calls.
        if len(entries) >= settings.TRUSTED_PROXIES:
            return _clean(entries[-settings.TRUSTED_PROXIES]) or _clean(peer) or UNKNOWN
    return _clean(peer) or UNKNOWN


def client_block(request) -> str:
    """What one household or office has: an IPv4 address, or an IPv6 network of 64 bits, in which
    anybody can move.
    """
    address = client_address(request)
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def _clean(text: str) -> str:
    """The address without port, brackets and zone, in one spelling; nothing where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
