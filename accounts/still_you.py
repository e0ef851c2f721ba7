"""Whether who is signed in is still the account's owner: a code to the address they sign in with
(rule B12).

One of three ways, beside the password and the passkey; whoever reads the mailbox could choose a new
password as well. The figures are constants and no policy rows: whoever may write a policy row must
not be able to widen a door.
"""

from datetime import timedelta
from uuid import uuid4

from accounts import notifications
from accounts.account_mail import page
from accounts.models import AccountCode, User
from mila.clock import mila_now
from mila.transactions import verb

KIND = "account_still_you"  # templates/emails/
LENGTH, LIFE = 8, timedelta(minutes=15)
TRIES, AN_HOUR = 5, 5


@verb
def send_code(user_id: int) -> None:
    """Mail a fresh code to the account's address; the one before is void. Raises TooManyCodes."""
    user, row = _locked(user_id)
    at = mila_now()
    row = row or AccountCode(user=user, counted_from_at=at)
    row.count_message(at, an_hour=AN_HOUR)
    code = row.draw(LENGTH, until_at=at + LIFE)
    row.save()
    notifications.queue(
        kind=KIND,
        subject_id=uuid4(),
        round=0,
        user=user,
        email=user.email,
        language=user.language,
        context={"until_at": row.until_at, "forgot": page("account_reset_password")},
        sealed={"code": code},
    )


@verb
def check_code(user_id: int, typed: str) -> bool:
    """Whether this is the code that was mailed last.

    A wrong try counts, so this answers and does not raise.
    """
    _user, row = _locked(user_id)
    return row is not None and row.takes(typed, mila_now(), tries=TRIES)


def code_is_out(user: User) -> bool:
    """Whether a code is on its way that can still be typed."""
    row = AccountCode.objects.filter(user=user).first()
    return row is not None and row.is_out(mila_now(), tries=TRIES)


def _locked(user_id: int) -> tuple[User, AccountCode | None]:
    """The person, locked: a hundred tries at once are a hundred tries; and the row, if there was
    ever a code.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    return user, AccountCode.objects.filter(user=user).first()
