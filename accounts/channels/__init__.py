"""The ways to a person, and which of them a notice may take (rule N1).

A channel says whether it `can_reach` the person of a notice, and can `send` one attempt. Who adds
one adds its object to CHANNELS and its place to accounts.ladder.RUNGS.
"""

from typing import Protocol

from accounts.channels import calls, email, push, sms
from accounts.models import Attempt, Notification
from accounts.notice_rows import Channel


class ChannelPort(Protocol):
    def rests(self) -> bool:
        """Whether it has failed a moment ago and is left in peace."""

    def can_reach(self, notice: Notification) -> bool:
        """Whether there is an address, a number, a device at all, as far as we know."""

    def send(self, attempt: Attempt) -> bool:
        """Send it, once. True when it is known to have arrived, False when that may be told later.

        Raises accounts.channels.outcomes.NotSent when nothing has left, MaybeSent when nobody
        knows.
        """


CHANNELS: dict[str, ChannelPort] = {
    Channel.PUSH: push.Devices(),
    Channel.SMS: sms.TextMessages(),
    Channel.EMAIL: email.Mails(),
    Channel.CALL: calls.Calls(),
}
