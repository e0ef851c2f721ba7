#!/usr/bin/env python
"""Django's command line, in the settings of this project."""

import os
import sys

from django.core.management import execute_from_command_line

from mila import launch

# `simulate` fills a database of its own, so that it never moves the clock of a running site.
WORLDS = {"simulate": "simulation"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    if len(sys.argv) > 1 and sys.argv[1] in WORLDS:
        os.environ.setdefault("MILA_WORLD", WORLDS[sys.argv[1]])
    if sys.argv[1:2] == ["run"] and "--check" in sys.argv:
        launch.isolate("check")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
