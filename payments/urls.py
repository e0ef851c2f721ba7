"""The messages from Stripe."""

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("webhooks/stripe/", views.platform_webhook, name="webhook"),
    path("webhooks/stripe/connect/", views.connect_webhook, name="connect_webhook"),
]
