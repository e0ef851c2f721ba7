"""How allauth keeps and names second factors here."""

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mila.encrypted_fields import keyring
from mila.web import limits


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps lie encrypted, as everything does that opens a door."""

    def encrypt(self, text):
        return keyring().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return keyring().decrypt(encrypted_text.encode()).decode()

    def _get_site_name(self):
        return "Mila"

    def get_public_key_credential_user_entity(self, user):
        """The address alone, as on the sign-in page: the device shows it, and keeps it longer than
        we keep the name.
        """
        entity = super().get_public_key_credential_user_entity(user)
        return {**entity, "display_name": entity["name"]}

    def generate_authenticator_name(self, user, type):
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return (
            gettext("Passkey")
            if number == 1
            else gettext("Passkey %(number)d") % {"number": number}
        )


class CountsGuesses:
    """A code has six digits: so few tries of an account count, also while Redis is away, and none
    twice (fault S1).
    """

    def clean_code(self):
        key = f"user {self.user.pk}"
        if not limits.allow(limits.GUESSES_AT_CODE, key):
            raise get_account_adapter().validation_error("too_many_login_attempts")
        code = super().clean_code()
        if not limits.allow(limits.CODE_ONCE, f"{key} {code}"):
            raise get_adapter().validation_error("incorrect_code")
        limits.give_back(limits.GUESSES_AT_CODE, key)
        return code


class CodeForm(CountsGuesses, AuthenticateForm):
    pass


class CodeAgainForm(CountsGuesses, ReauthenticateForm):
    pass


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(label=_("Name of this passkey"), max_length=60, required=False)
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without a password"),
        initial=True,
        required=False,
        help_text=_("The device then asks for your finger, your face or its code."),
    )
