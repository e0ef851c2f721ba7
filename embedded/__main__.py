"""`python -m embedded up|down|status`, where Django cannot be asked."""

import sys

import embedded

{"up": embedded.start, "down": embedded.stop, "status": lambda: print(embedded.status())}[sys.argv[1]]()  # noqa: T201
