"""Addresses: each app's own, and the house's."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from mila import views


def _app(prefix, module):
    # Apps without pages yet.
    parent = module.rpartition(".")[0]
    return [path(prefix, include(module))] if find_spec(parent) and find_spec(module) else []


urlpatterns = [
    *_app("", "catalogue.urls"),
    *_app("", "requests_app.urls"),
    *_app("partner/", "dispatch.urls"),
    *_app("", "payments.urls"),
    *(_app("_stripe/", "payments.standin.urls") if settings.STANDIN else []),
    *_app("", "accounts.urls"),
    path("accounts/", include("allauth.urls")),
    path("start/", views.start, name="start"),
    path("i18n/setlang/", set_language, name="set_language"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("_styleguide/", views.styleguide, name="styleguide"),
    path("admin/", admin.site.urls),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
