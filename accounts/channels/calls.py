"""By a person: the notice stands on the list of calls of Mila's staff (accounts.calls) until
somebody has called.
"""

from accounts.channels.sms import phone_of
from accounts.models import Attempt, Notification


class Calls:
    def rests(self) -> bool:
        return False

    def can_reach(self, notice: Notification) -> bool:
        return bool(phone_of(notice))

    def send(self, attempt: Attempt) -> bool:
        return False
