"""How many screens, taps and keys it takes from home to ordered on a phone, and how long the pages
take. By hand:

    python -m bench.road

One JSON line. "seconds" are those of a script that does not read: what is left is the pages'. The
journey that counts is tests/journeys/test_road_to_order.py; it fails where a screen or a tap is
added.
"""

import os
import subprocess
import sys

JOURNEY = "tests/journeys/test_road_to_order.py"


def main() -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n0", JOURNEY]
    return subprocess.run(command, env={**os.environ, "MILA_ROAD": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
