"""Cards, paying, and the messages from Stripe."""

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("book/d/<str:token>/card/", views.card, name="card"),
    path("pay/<str:token>/", views.pay, name="pay"),
    path("held/<str:token>/", views.held, name="held"),
    path("partner/earnings/", views.earnings, name="earnings"),
    path("webhooks/stripe/", views.platform_webhook, name="webhook"),
    path("webhooks/stripe/connect/", views.connect_webhook, name="connect_webhook"),
]
