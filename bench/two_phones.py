"""How long a proposed or answered price takes to the other phone: two browsers and the streams.
By hand:

    python -m bench.two_phones [--runs 50]

One JSON line: each run is two steps. The journey that measures is
tests/journeys/test_two_phones.py; it fails where a step takes longer than two seconds.
"""

import argparse
import os
import subprocess
import sys

JOURNEY = "tests/journeys/test_two_phones.py::test_each_step_is_on_the_other_phone_at_once"


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--runs", type=int, default=50)
    wanted = arguments.parse_args()
    command = [sys.executable, "-m", "pytest", "-q", "-n0", JOURNEY]
    return subprocess.run(
        command, env={**os.environ, "MILA_TWO_PHONES": str(wanted.runs)}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
