"""`python -m mila.services up|down|status`, where Django cannot be asked."""

import sys

from mila import services

{"up": services.start, "down": services.stop, "status": lambda: print(services.status())}[sys.argv[1]]()  # noqa: T201
