"""Addresses: each app's own, and the house's."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from accounts.views import ReauthenticateByCode
from mila import views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("catalogue.urls")),
    path("", include("requests_app.urls")),
    path("", include("payments.urls")),
    path("partner/", include("dispatch.urls")),
    path("partner/", include("requests_app.partner_urls")),
    path("accounts/reauthenticate/code/", ReauthenticateByCode.as_view(), name="account_reauthenticate_code"),
    path("accounts/", include("allauth.urls")),
    path("start/", views.start, name="start"),
    path("i18n/setlang/", set_language, name="set_language"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("_styleguide/", views.styleguide, name="styleguide"),
    path("admin/", admin.site.urls),
]
if settings.STANDIN:
    urlpatterns.append(path("_stripe/", include("payments.standin.urls")))

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler429 = "mila.views.too_many_requests"  # allauth's own limits look for it here
handler500 = views.server_error
