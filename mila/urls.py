"""Addresses: each room's own, and the libraries'."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from mila.web import app_files, error_pages, styleguide, well_known

urlpatterns = [
    path("", include("customer.urls")),
    path("", include("customer.account_urls")),
    path("", include("payments.urls")),
    path("", include("accounts.urls")),
    path("partner/", include("partner.urls")),
    path("accounts/", include("allauth.urls")),
    path("robots.txt", well_known.robots, name="robots_txt"),
    path(".well-known/security.txt", well_known.security, name="security_txt"),
    path("favicon.ico", well_known.favicon, name="favicon"),
    path("worker.js", app_files.worker, name="worker"),
    path("mila.webmanifest", app_files.manifest, {"app": "customer"}, name="manifest"),
    path("partner.webmanifest", app_files.manifest, {"app": "partner"}, name="manifest_partner"),
    path("offline/<str:language>/", app_files.offline, name="offline"),
    path("i18n/setlang/", set_language, name="set_language"),
    path("", include("backoffice.urls")),
    path("_styleguide/", styleguide.styleguide, name="styleguide"),
    path("admin/", admin.site.urls),
]
if settings.STANDIN:
    urlpatterns.append(path("_stripe/", include("payments.standin.urls")))

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler429 = "mila.web.error_pages.too_many_requests"  # allauth's own limits look for it here
handler500 = error_pages.server_error
