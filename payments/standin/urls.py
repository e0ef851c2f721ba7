"""The browser half, under /_stripe/.

With a real key nothing of it resolves, whoever includes it.
"""

from django.conf import settings
from django.urls import path

from payments.standin import views

app_name = "standin"
urlpatterns = (
    [
        path("v1/<path:rest>", views.api, name="api"),
        path("card/", views.card, name="card"),
        path("3ds/<slug:intent_id>/", views.bank, name="bank"),
        path("connect/<slug:link_id>/", views.onboarding, name="onboarding"),
    ]
    if settings.STANDIN
    else []
)
