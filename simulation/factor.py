"""The second factor of the demo's staff: a secret everybody knows, for a world where nothing is at
stake.
"""

import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings

from accounts.models import User

SECRET = "MILADEMOMILADEMOMILADEMOMILADEMO"  # noqa: S105  (meant to be read)
PERIOD = 30  # seconds, as authenticator apps have it


class OnlyForTheDemo(RuntimeError):
    pass


def enrol(user: User) -> Authenticator:
    """Staff of the demo can enter the back office at once, with the codes of an app that knows
    SECRET.
    """
    if settings.PRODUCTION:
        raise OnlyForTheDemo("A secret that is printed is no second factor.")
    data = {"secret": get_adapter().encrypt(SECRET)}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)


def current_code(user: User) -> str:
    """What such an app would show now for this person of the demo; nothing for who has no such
    factor.
    """
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    secret = found and get_adapter().decrypt(found.data["secret"])
    if settings.PRODUCTION or secret != SECRET:
        return ""
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // PERIOD))


def code_of_staff() -> str:
    """The same for the first of the staff who has one: in the demo they share the secret."""
    return next(filter(None, map(current_code, User.objects.filter(is_staff=True))), "")
