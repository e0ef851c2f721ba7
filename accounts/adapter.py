"""How allauth makes and keeps accounts here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import get_language


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request, user, form, commit=True):
        """A new account speaks the language its page was in."""
        user.language = (get_language() or "fr")[:2]
        return super().save_user(request, user, form, commit)
