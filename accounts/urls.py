"""Messages of the providers of text messages and mails."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("webhooks/sms/", views.text_receipt, name="text_receipt"),
    path("webhooks/mail/", views.mail_events, name="mail_events"),
]
