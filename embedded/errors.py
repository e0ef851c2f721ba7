"""What goes wrong with the servers of a laptop."""


class ServiceError(RuntimeError):
    """A server is missing or does not start; the sentence says what to do."""
