"""The technician's jobs, calendar and figures, under partner/; offers are dispatch's, earnings payments'."""

from django.urls import path

from requests_app.views import agenda, handover, jobs

app_name = "partner"
urlpatterns = [
    path("", jobs.home, name="home"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:uuid>/", jobs.job, name="job"),
    path("jobs/<uuid:uuid>/photos/<str:key>/", jobs.photo, {"size": "large"}, name="photo"),
    path("jobs/<uuid:uuid>/photos/<str:key>/small/", jobs.photo, {"size": "small"}, name="photo_small"),
    path("jobs/<uuid:uuid>/call/", jobs.call, name="call"),
    path("jobs/<uuid:uuid>/confirm/", jobs.confirm, name="confirm"),
    path("jobs/<uuid:uuid>/undo/", jobs.undo, name="undo"),
    path("jobs/<uuid:uuid>/depart/", jobs.depart, name="depart"),
    path("jobs/<uuid:uuid>/position/", jobs.position, name="position"),
    path("jobs/<uuid:uuid>/arrive/", jobs.arrive, name="arrive"),
    path("jobs/<uuid:uuid>/start/", jobs.start, name="start"),
    path("jobs/<uuid:uuid>/code/", jobs.code, name="code"),
    path("jobs/<uuid:uuid>/note/", jobs.note, name="note"),
    path("jobs/<uuid:uuid>/release/", jobs.release, name="release"),
    path("jobs/<uuid:uuid>/fail/", jobs.fail, name="fail"),
    path("jobs/<uuid:uuid>/cash/", jobs.cash, name="cash"),
    path("jobs/<uuid:uuid>/finish/", jobs.finish, name="finish"),
    path("jobs/<uuid:uuid>/sign/", handover.sign, name="sign"),
    path("jobs/<uuid:uuid>/rate/", handover.rate, name="rate"),
    path("jobs/<uuid:uuid>/thanks/", handover.thanks, name="thanks"),
    path("calendar/", agenda.calendar, name="calendar"),
    path("calendar/absences/<int:pk>/remove/", agenda.remove_absence, name="remove_absence"),
    path("me/", agenda.me, name="me"),
]
