"""How allauth makes and keeps accounts here."""

from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.sites.requests import RequestSite
from django.utils.translation import get_language


class OwnSite(RequestSite):
    """The site as mails name it, whatever host was asked for."""

    def __init__(self):
        self.domain = self.name = urlsplit(settings.SITE_URL).netloc


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request, user, form, commit=True):
        """A new account speaks the language its page was in."""
        user.language = (get_language() or "fr")[:2]
        return super().save_user(request, user, form, commit)

    def render_mail(self, template_prefix, email, context, headers=None):
        """Links lead to SITE_URL: the Host of a request is its sender's to choose (FAULT S4, W9)."""
        links = {name: settings.SITE_URL + _path(url) for name, url in context.items() if name.endswith("_url")}
        return super().render_mail(template_prefix, email, {**context, **links, "current_site": OwnSite()}, headers)


def _path(url: str) -> str:
    return urlsplit(url)._replace(scheme="", netloc="").geturl()
