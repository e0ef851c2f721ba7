"""Where a signed-in person goes, and the one page beside allauth's."""

from django.urls import path

from customer.views import account

urlpatterns = [
    path("start/", account.start, name="start"),
    path(
        "accounts/reauthenticate/code/",
        account.ReauthenticateByCode.as_view(),
        name="account_reauthenticate_code",
    ),
]
