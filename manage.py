#!/usr/bin/env python
"""Django's command line, in the settings of this project."""

import os
import sys

from django.core.management import execute_from_command_line


def world_apart(words: list[str]) -> str:
    """The world of a command that throws databases away and moves the clock: never that of a
    running site.
    """
    if words[:1] == ["run"] and "--check" in words:
        return "check"
    if words[:1] == ["simulate"]:
        return os.environ.get("MILA_INSTANCE", "live" if "--live" in words else "simulation")
    return ""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    if world := world_apart(sys.argv[1:]):
        from devstack import launch  # not in the image of production, whose commands never need it

        launch.isolate(world)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
