"""After a failure nothing is tried for a moment: one request at a time pays for a dead server, the
others pay nothing.

Fault C5, F4: Redis, the broker and the pages' database each have one for the process.
"""

import time

REST = 1.0  # seconds without another try after a failure


class Breaker:
    """Around each try: `with breaker:`. `failures` are the errors of a server that is away;
    `refusal` makes what is raised instead of a try. `rest`: seconds without another try; longer
    than a try may take, or several go and look at once.
    """

    def __init__(self, failures: tuple[type[Exception], ...], refusal, rest: float = REST):
        self.failures = failures
        self.refusal = refusal
        self.rest = rest
        self.closed_until = 0.0

    def __enter__(self):
        now = time.monotonic()
        if now < self.closed_until:
            raise self.refusal("It failed a moment ago; not tried again yet.")
        if self.closed_until:
            # whoever comes first after the rest goes and looks; the others wait for what they find
            self.trip()

    def __exit__(self, kind, error, trace):
        if isinstance(error, self.failures):
            self.trip()
        else:
            self.closed_until = 0.0

    def trip(self):
        self.closed_until = time.monotonic() + self.rest
