"""The customer's pages: the steps of a booking, and the booking itself behind its secret link."""

from django.urls import path

from requests_app.views import booking, changes, handover, mine, photos, proving, steps

app_name = "requests_app"
urlpatterns = [
    path("book/<slug:service>/", steps.book, name="book"),
    path("book/d/<str:token>/", steps.draft, name="draft"),
    path("book/d/<str:token>/service/", steps.service, name="draft_service"),
    path("book/d/<str:token>/place/", steps.place, name="draft_place"),
    path("book/d/<str:token>/postcodes/", steps.postcodes, name="draft_postcodes"),
    path("book/d/<str:token>/when/", steps.when, name="draft_when"),
    path("book/d/<str:token>/who/", steps.who, name="draft_who"),
    path("book/d/<str:token>/photos/", steps.photos, name="draft_photos"),
    path("b/<str:token>/", booking.booking, name="booking"),
    path("b/<str:token>/from-mail/<str:proof>/", proving.from_mail, name="from_mail"),
    path("b/<str:token>/prove/", proving.prove, name="prove"),
    path("b/<str:token>/address/", proving.address, name="address"),
    path("b/<str:token>/renew/", proving.renew, name="renew"),
    path("b/<str:token>/ended/", proving.ended, name="ended"),
    path("link-sent/", proving.link_sent, name="link_sent"),
    path("b/<str:token>/status/", booking.status, name="status"),
    path("b/<str:token>/seen/", booking.seen, name="seen"),
    path("b/<str:token>/photos/<str:key>/", photos.photo, {"size": "large"}, name="photo"),
    path("b/<str:token>/photos/<str:key>/small/", photos.photo, {"size": "small"}, name="photo_small"),
    path("b/<str:token>/cancel/", changes.cancel, name="cancel"),
    path("b/<str:token>/move/", changes.move, name="move"),
    path("b/<str:token>/no-show/", changes.no_show, name="no_show"),
    path("b/<str:token>/access/", changes.door, name="access"),
    path("b/<str:token>/sign/", handover.sign_own, name="sign"),
    path("b/<str:token>/refuse/", changes.refuse, name="refuse"),
    path("b/<str:token>/rate/", changes.rate, name="rate"),
    path("bookings/", mine.bookings, name="bookings"),
    path("bookings/<uuid:uuid>/", mine.booking_own, name="booking_own"),
]
