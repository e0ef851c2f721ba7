from django.apps import AppConfig
from django.contrib.admin import apps


class BackofficeConfig(AppConfig):
    name = "backoffice"
    default = True

    def ready(self):
        from backoffice.names import give_names

        give_names()


class SiteConfig(apps.AdminConfig):
    """Django's admin with the house's site."""

    default = False
    default_site = "backoffice.site.Site"
