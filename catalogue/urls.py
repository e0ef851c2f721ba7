"""Pages anyone may read: those of the whole house, and the catalogue under services/."""

from django.urls import include, path

from catalogue import views

services = [
    path("", views.services, name="services"),
    path("search/", views.search, name="search"),
    path("in/<slug:slug>/", views.category, name="category"),
    path("<slug:slug>/", views.service, name="service"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("prices/", views.prices, name="prices"),
    path("help/", views.help_page, name="help"),
    path("ranking/", views.ranking, name="ranking"),
    path("legal/", views.legal, name="legal"),
    path("services/", include((services, "catalogue"))),
]
