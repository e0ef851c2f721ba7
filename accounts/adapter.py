"""How allauth makes and keeps accounts here."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts import guesses, pace, proofs, push
from accounts.account_mail import AccountMail
from mila import second_factor
from mila.cleaning import canonical_email
from mila.web.client_address import client_address

CODE = "reauthenticate:code"
# In the order they are offered; a password is no answer for somebody who has a second factor (fault
# S9).
WAYS = {
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
    "mfa_reauthenticate": _("Use a code"),
    "reauthenticate": _("Use your password"),
    CODE: _("Use a code by mail"),
}


class AccountAdapter(AccountMail, DefaultAccountAdapter):
    def save_user(self, request, user, form, commit=True):
        """A new account speaks the language its page was in."""
        user.language = (get_language() or "fr")[:2]
        return super().save_user(request, user, form, commit)

    def get_reauthentication_methods(self, user):
        """The second factor alone, the passkey first; for who has none the password, or a code to
        their address.
        """
        found = {one["id"]: one for one in super().get_reauthentication_methods(user)}
        if len(found) > 1:
            found.pop("reauthenticate", None)
        if user.is_authenticated and not found.keys() - {"reauthenticate"}:
            found[CODE] = {"id": CODE, "url": reverse("account_reauthenticate_code")}
        return [
            {**found[name], "description": words} for name, words in WAYS.items() if name in found
        ]

    def is_reauthentication_required(self, *, app, **kwargs):
        """Not within ten minutes of having shown who one is: right after signing in nobody is asked
        twice.
        """
        required = super().is_reauthentication_required(app=app, **kwargs)
        required = required and not second_factor.shown_lately(self.request)
        if required and not get_reauthentication_flows(self.request.user):
            # allauth would ask nothing of who has neither password nor factor
            raise ReauthenticationRequired
        return required

    def get_client_ip(self, request):
        return client_address(request)

    def pre_authenticate(self, request, **credentials):
        """Counted by accounts.guesses instead: allauth's own key holds the Host header, which
        anybody can vary.
        """

    def authenticate(self, request, **credentials):
        """At most so many guesses reach the check of the password; a good one was none
        (fault S1, S2).
        """
        guess = guesses.begin(request, credentials.get("email") or f"user {request.user.pk}")
        if not guess.allowed:
            raise self.validation_error("too_many_login_attempts")
        user = super().authenticate(request, **credentials)
        if user is not None:
            guess.was_none()
        return user

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        guesses.remember_device(request, response, user.email)
        return response

    def logout(self, request):
        """Nothing that is theirs appears on this device any more."""
        if request.user.is_authenticated:
            push.forget_device(request.user, request.session.get(push.DEVICE, ""))
        super().logout(request)

    def clean_email(self, email):
        return canonical_email(email)

    def respond_email_verification_sent(self, request, user):
        """The last thing a sign-up does, for a known and an unknown address."""
        pace.even_out(getattr(request, "mila_begun", None), pace.SIGN_UP)
        return super().respond_email_verification_sent(request, user)

    def confirm_email(self, request, email_address):
        """The code was right. Who booked with this address before, without an account, is this
        person (rule B12).
        """
        with transaction.atomic():
            if proofs.take_over(email_address.email, account=email_address.user):
                return super().confirm_email(request, email_address)
        messages.error(
            request, gettext("This address belongs to another account. Nothing was changed.")
        )
        return False
