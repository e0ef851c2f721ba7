"""Codes of digits that are mailed: who types one has read that mailbox. One place for how they are
kept and counted.

The code itself is kept nowhere but in the message, sealed: the row holds a keyed hash over the code
and what it is about. The caller holds a lock over its row, so that a hundred tries at once are
counted as a hundred.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal

HOUR = timedelta(hours=1)
DIGITS = "0123456789"


class TooManyCodes(Refusal):
    sentence = _(
        "We have sent several messages already. Please look into your mail, or try again in an "
        "hour."
    )


class WrongCode(Refusal):
    sentence = _(
        "This code is not right, or it is too old. Please look again, or ask for a new one."
    )


class MailedCode(models.Model):
    """One row for what it is about, whoever asks: another browser has no tries of its own."""

    mac = models.CharField(max_length=64, blank=True, editable=False)
    until_at = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    # How many codes since `counted_from_at`, and how many ever: the round of the message.
    sent = models.PositiveSmallIntegerField(default=0, editable=False)
    counted_from_at = models.DateTimeField(editable=False)
    rounds = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def salt(self) -> str:
        """What keeps codes of one kind from being taken for another's."""
        return self._meta.label_lower

    def about(self) -> Iterable[object]:
        """Of what, and of which address, a code is: it is right for nothing else."""
        raise NotImplementedError

    def count_message(self, at: datetime, *, an_hour: int) -> None:
        """One more message by the wish of whoever asks. Raises TooManyCodes."""
        self.begin_the_hour(at)
        if self.sent >= an_hour:
            raise TooManyCodes
        self.sent += 1
        self.rounds += 1

    def begin_the_hour(self, at: datetime) -> None:
        if at >= self.counted_from_at + HOUR:
            self.sent, self.counted_from_at = 0, at

    def draw(self, length: int, *, until_at: datetime) -> str:
        """A fresh code, which voids the one before. To be saved by the caller."""
        code = get_random_string(length, DIGITS)
        self.mac, self.until_at, self.tries = self._mac(code), until_at, 0
        return code

    def is_out(self, at: datetime, *, tries: int) -> bool:
        """Whether a code is on its way that can still be typed."""
        return bool(
            self.mac and self.tries < tries and self.until_at is not None and at < self.until_at
        )

    def takes(self, typed: str, at: datetime, *, tries: int) -> bool:
        """Whether this is the code that was mailed last; then it is used up.

        A wrong try is counted, and saved.
        """
        if not self.is_out(at, tries=tries):
            return False
        right = constant_time_compare(
            self.mac, self._mac("".join(sign for sign in typed if sign.isdigit()))
        )
        if right:
            self.mac = ""
        else:
            self.tries += 1
        self.save(update_fields=["mac", "tries"])
        return right

    def _mac(self, code: str) -> str:
        """Keyed, so that who reads the row cannot try all codes."""
        facts = ":".join(str(one) for one in (*self.about(), code))
        return salted_hmac(self.salt(), facts, algorithm="sha256").hexdigest()
