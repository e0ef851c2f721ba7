"""A worker of its own that writes the scores of so many technicians anew, or of all whose policy is
a former one.
"""

# ruff: noqa: E402  (the dataset is chosen before Django reads its settings)
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")

import django

django.setup()

from accounts.search import sweep_scores

if __name__ == "__main__":
    left = int(sys.argv[1])
    while left > 0 and (written := sweep_scores()):
        left -= written
