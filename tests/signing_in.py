"""Who needs a second factor with it passed, in one step; `Client.force_login` alone is the first
factor.
"""

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator

from payments.access import payee_of
from simulation import factor


def sign_in(client, user, *, seconds_ago: int = 0):
    """Somebody who has just signed in, as the site itself would have it.

    Who works for Mila, or has earnings to look at, did so with a code of an app.
    """
    client.force_login(user)
    if not (user.is_staff or payee_of(user)):
        return client
    own = Authenticator.objects.filter(user=user).first() or factor.enrol(user)
    at = time.time() - seconds_ago
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "at": at, "id": own.pk, "type": own.type}
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session["staff_since"] = at
    session["staff_seen"] = time.time()
    session.save()
    return client
