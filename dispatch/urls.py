"""The technician's offers, under partner/."""

from django.urls import path

from dispatch import views

app_name = "dispatch"
urlpatterns = [
    path("offers/", views.offers_page, name="offers"),
    path("offers/<int:pk>/", views.offer, name="offer"),
    path("offers/<int:pk>/claim/", views.claim, name="claim"),
    path("offers/<int:pk>/decline/", views.decline, name="decline"),
    path("jobs/<uuid:uuid>/tap/", views.tap, name="tap"),
    path("jobs/<uuid:uuid>/reserve/", views.keep_in_reserve, name="keep_in_reserve"),
    path("jobs/<uuid:uuid>/reserve/leave/", views.leave_reserve, name="leave_reserve"),
]
