"""How allauth makes and keeps accounts here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import pace, proofs
from accounts.account_mail import AccountMail
from mila.cleaning import canonical_email


class AccountAdapter(AccountMail, DefaultAccountAdapter):
    def save_user(self, request, user, form, commit=True):
        """A new account speaks the language its page was in."""
        user.language = (get_language() or "fr")[:2]
        return super().save_user(request, user, form, commit)

    def clean_email(self, email):
        return canonical_email(email)

    def respond_email_verification_sent(self, request, user):
        """The last thing a sign-up does, for a known and an unknown address."""
        pace.even_out(getattr(request, "mila_begun", None), pace.SIGN_UP)
        return super().respond_email_verification_sent(request, user)

    def confirm_email(self, request, email_address):
        """The code was right. Who booked with this address before, without an account, is this person (PRODUCT B12)."""
        with transaction.atomic():
            if proofs.take_over(email_address.email, account=email_address.user):
                return super().confirm_email(request, email_address)
        messages.error(request, _("This address belongs to another account. Nothing was changed."))
        return False
