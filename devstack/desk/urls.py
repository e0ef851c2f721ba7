"""The desk, under _demo/."""

from django.urls import path

from devstack.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("asked/", views.asked, name="asked"),
    path("now/", views.now, name="now"),
    path("code/", views.code, name="code"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("clock/", views.move, name="clock"),
    path("mails/", views.mails, name="mails"),
    path("again/", views.begin_again, name="again"),
]
