"""Whether a process answers: python -m mila.probe http://host:port/path, or host:port.

For container health checks.
"""

import socket
import sys
import urllib.error
import urllib.request


def answers(address: str) -> bool:
    """An http address must answer below 400; a bare one must take a connection."""
    try:
        if address.startswith("http://"):
            with urllib.request.urlopen(address, timeout=4):  # noqa: S310  (http only, see above)
                return True
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=4):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not answers(sys.argv[1]))
