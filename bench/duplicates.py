"""The same step of a visit sent again and again by eight devices at once: one is made. By hand:

    python -m bench.duplicates [--duplicates 1000]

The test that counts is in tests/partner/test_offline.py; it fails where a second one is made, and
its control makes many.
"""

import argparse
import os
import subprocess
import sys

TEST = "tests/partner/test_offline.py::test_duplicates_from_two_devices_at_once_are_one"


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--duplicates", type=int, default=1000)
    wanted = arguments.parse_args()
    command = [sys.executable, "-m", "pytest", "-q", "-n0", TEST]
    return subprocess.run(
        command, env={**os.environ, "MILA_DUPLICATES": str(wanted.duplicates)}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
