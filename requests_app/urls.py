"""The customer's pages."""

from django.urls import path

from requests_app import views

app_name = "requests_app"
urlpatterns = [
    path("b/<str:token>/", views.booking, name="booking"),
]
