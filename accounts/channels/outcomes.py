"""What may come of sending, beside success."""


class NotSent(Exception):
    """Nothing has left, or it was plainly refused: the next channel, or another try, shows nobody
    anything twice.
    """


class MaybeSent(Exception):
    """The answer never came: it may have arrived, so this channel is not tried again."""


class UsedUp(NotSent):
    """A cap of the day: staff hear of it once (fault S6)."""
