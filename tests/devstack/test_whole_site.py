"""`bin/run --check`: the real processes behind their front, and one booking from draft to settled
charge.
"""

import os
import subprocess
import sys

from django.conf import settings

# COVERAGE_...: a walk through everything counts for nothing (tests/measuring.py)
OF_A_TEST = ("MILA_AT", "MILA_DEMO", "MILA_PROCESS", "COVERAGE_PROCESS_CONFIG")


def test_one_booking_goes_all_the_way_through_the_real_processes():
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_TEST}
    environment["DJANGO_SETTINGS_MODULE"] = "mila.settings"

    done = subprocess.run(
        [sys.executable, "manage.py", "run", "--check"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All went well" in done.stdout
