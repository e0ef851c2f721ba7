"""A worker of its own that writes scores anew until all are those of the policy in force."""

# ruff: noqa: E402  (the world is chosen before Django reads its settings)
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")

import django

django.setup()

from accounts.search import sweep_scores

if __name__ == "__main__":
    while sweep_scores():
        pass
