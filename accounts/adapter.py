"""How allauth makes and keeps accounts here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mila import second_factor

# In the order they are offered; a password is no answer for somebody who has a second factor (FAULT S9).
WAYS = {
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
    "mfa_reauthenticate": _("Use a code"),
    "reauthenticate": _("Use your password"),
}


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request, user, form, commit=True):
        """A new account speaks the language its page was in."""
        user.language = (get_language() or "fr")[:2]
        return super().save_user(request, user, form, commit)

    def get_reauthentication_methods(self, user):
        """The second factor alone, the passkey first; the password for who has no second factor."""
        found = {one["id"]: one for one in super().get_reauthentication_methods(user)}
        if len(found) > 1:
            found.pop("reauthenticate", None)
        return [{**found[name], "description": words} for name, words in WAYS.items() if name in found]

    def is_reauthentication_required(self, *, app, **kwargs):
        """Not within ten minutes of having shown who one is: right after signing in nobody is asked twice."""
        required = super().is_reauthentication_required(app=app, **kwargs)
        return required and not second_factor.shown_lately(self.request)
