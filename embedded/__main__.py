"""`python -m embedded up|down|status`, where Django cannot be asked."""

import sys

import embedded

VERBS = {
    "up": embedded.start,
    "down": embedded.stop,
    "status": lambda: print(embedded.status()),  # noqa: T201
}
VERBS[sys.argv[1]]()
