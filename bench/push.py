"""How long it takes from an order to the notification on a phone whose page is closed. By hand:

    python -m bench.push [--runs 50]

One JSON line. A real Chromium with the real service worker; the push service is our own and the
jobs run where they are sent, so the networks of push services and of the broker are not in it. The
test that measures is tests/partner/test_how_soon_it_rings.py; it fails where p95 passes two
seconds.
"""

import argparse
import os
import subprocess
import sys

TEST = "tests/partner/test_how_soon_it_rings.py"


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--runs", type=int, default=50)
    wanted = arguments.parse_args()
    command = [sys.executable, "-m", "pytest", "-q", "-n0", TEST]
    return subprocess.run(
        command, env={**os.environ, "MILA_PUSH_RUNS": str(wanted.runs)}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
