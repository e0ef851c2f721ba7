"""By a notification on their devices (accounts.push): heard of by the device's own word."""

from accounts import push
from accounts.channels.outcomes import NotSent
from accounts.models import Attempt, Notification


class Devices:
    def rests(self) -> bool:
        return False  # its ladder goes on at once

    def can_reach(self, notice: Notification) -> bool:
        return push.reaches(notice)

    def send(self, attempt: Attempt) -> bool:
        """To all of them at once; the first that shows it says so."""
        if not push.send_push(attempt.notification):
            raise NotSent("No device of theirs took it.")
        return False
