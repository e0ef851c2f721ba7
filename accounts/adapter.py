"""How allauth makes and keeps accounts here."""

from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.sites.requests import RequestSite
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import guesses
from mila import second_factor
from mila.client_address import client_address

# In the order they are offered; a password is no answer for somebody who has a second factor (FAULT S9).
WAYS = {
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
    "mfa_reauthenticate": _("Use a code"),
    "reauthenticate": _("Use your password"),
}


class OwnSite(RequestSite):
    """The site as mails name it, whatever host was asked for."""

    def __init__(self):
        self.domain = self.name = urlsplit(settings.SITE_URL).netloc


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

    def get_client_ip(self, request):
        return client_address(request)

    def pre_authenticate(self, request, **credentials):
        """Counted by accounts.guesses instead: allauth's own key holds the Host header, which anybody can vary."""

    def authenticate(self, request, **credentials):
        """At most so many guesses reach the check of the password; a good one was none (FAULT S1, S2)."""
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

    def render_mail(self, template_prefix, email, context, headers=None):
        """Links lead to SITE_URL: the Host of a request is its sender's to choose (FAULT S4, W9)."""
        links = {name: settings.SITE_URL + _path(url) for name, url in context.items() if name.endswith("_url")}
        return super().render_mail(template_prefix, email, {**context, **links, "current_site": OwnSite()}, headers)


def _path(url: str) -> str:
    return urlsplit(url)._replace(scheme="", netloc="").geturl()
