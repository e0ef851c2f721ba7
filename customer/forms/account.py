"""Fields for people's names and addresses, and allauth's forms with them (rule B12)."""

from allauth.account import forms as allauth_forms
from allauth.account.models import EmailAddress
from allauth.core import context
from django import forms
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _

from accounts import guesses, pace, proofs
from mila.cleaning import canonical_email
from mila.web.forms import LineField


class AddressField(forms.EmailField):
    """An e-mail address in its one form (mila.cleaning)."""

    default_error_messages = {
        "required": _("Please give your e-mail address."),
        "invalid": _("This is not a whole e-mail address, such as odile@example.com."),
    }

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Your e-mail address"))
        kwargs.setdefault("max_length", 254)
        kwargs.setdefault("widget", forms.EmailInput(attrs={"autocomplete": "email"}))
        super().__init__(**kwargs)

    def to_python(self, value):
        return canonical_email(super().to_python(value))


class CodeForm(forms.Form):
    """The digits of a message; whatever stands between them is passed over."""

    code = LineField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Please type the code of our message.")},
    )


class SignupForm(allauth_forms.SignupForm):
    """The same work, and so the same time, whether the address is known or not."""

    email = AddressField()

    def clean_email(self):
        self.begun = pace.now()
        return super().clean_email()

    def try_save(self, request):
        request.mila_begun = self.begun
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])  # what a new account costs
        return super().try_save(request)


TOO_MANY = "too_many_login_attempts"


class LoginForm(allauth_forms.LoginForm):
    """An account whose address was never proved opens by nothing: whoever made it may be anybody.

    It is refused like a wrong password, or signing up and then in would tell whether the address
    was known before.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"] = AddressField()
        self.order_fields(["login", "password"])

    def _clean_with_password(self, credentials):
        begun = pace.now()
        try:
            cleaned = super()._clean_with_password(credentials)
            if not proofs.has_proved(self.user):
                raise allauth_forms.get_adapter().validation_error("email_password_mismatch")
        except forms.ValidationError as refusal:
            # said before anybody was looked up: it tells nothing, and holds no thread
            if refusal.code != TOO_MANY:
                pace.even_out(begun, pace.SIGN_IN)
            raise
        return cleaned


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    """Whoever sits at somebody's open session guesses at the password no more often than at the
    door (fault S1).
    """

    def clean_oldpassword(self):
        guess = guesses.begin(context.request, self.user.email)
        if not guess.allowed:
            raise allauth_forms.get_adapter().validation_error(TOO_MANY)
        found = super().clean_oldpassword()
        guess.was_none()
        return found


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    email = AddressField()

    def clean_email(self):
        self.begun = pace.now()
        return super().clean_email()

    def save(self, request, **kwargs):
        email = super().save(request, **kwargs)
        pace.even_out(self.begun, pace.RESET)
        return email


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):
    """The link came by mail, so whoever chooses a password through it has proved the address."""

    def save(self):
        super().save()
        proofs.prove(self.user)
        for begun in ("account_login", "account_email_verification_code"):
            # a sign-up in this browser that waits for its code is over
            context.request.session.pop(begun, None)


class AddEmailForm(allauth_forms.AddEmailForm):
    """The address an account wishes to sign in with from now on."""

    email = AddressField(label=_("Your new e-mail address"))

    def clean_email(self):
        if self.cleaned_data["email"] == self.user.email:
            raise forms.ValidationError(_("This is the address you sign in with already."))
        # Left over from an address that was never proved: it is no obstacle to proving it now.
        EmailAddress.objects.filter(user=self.user, verified=False).delete()
        return super().clean_email()


class ConfirmCodeForm(allauth_forms.ConfirmEmailVerificationCodeForm):
    """The code of the mail. Of a sign-up that was none (the address is known) there is no right
    code.
    """

    def clean_code(self):
        code = super(allauth_forms.ConfirmEmailVerificationCodeForm, self).clean_code()
        if self.user is None:
            raise allauth_forms.get_adapter().validation_error("incorrect_code")
        return code
