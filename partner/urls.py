"""The technician's offers, jobs, calendar and earnings, under partner/."""

from django.urls import path

from partner.views import account, calendar, earnings, jobs, offers, quotes, sign_off

app_name = "partner"
urlpatterns = [
    path("offers/", offers.offers_page, name="offers"),
    path("offers/<int:pk>/", offers.offer, name="offer"),
    path("offers/<int:pk>/claim/", offers.claim, name="claim"),
    path("offers/<int:pk>/decline/", offers.decline, name="decline"),
    path("jobs/<uuid:uuid>/tap/", offers.tap, name="tap"),
    path("jobs/<uuid:uuid>/reserve/", offers.keep_in_reserve, name="keep_in_reserve"),
    path("jobs/<uuid:uuid>/reserve/leave/", offers.leave_reserve, name="leave_reserve"),
    path("", jobs.home, name="home"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:uuid>/", jobs.job, name="job"),
    path("jobs/<uuid:uuid>/photos/<str:key>/", jobs.photo, {"size": "large"}, name="photo"),
    path(
        "jobs/<uuid:uuid>/photos/<str:key>/small/",
        jobs.photo,
        {"size": "small"},
        name="photo_small",
    ),
    path("jobs/<uuid:uuid>/call/", jobs.call, name="call"),
    path("jobs/<uuid:uuid>/confirm/", jobs.confirm, name="confirm"),
    path("jobs/<uuid:uuid>/undo/", jobs.undo, name="undo"),
    path("jobs/<uuid:uuid>/depart/", jobs.depart, name="depart"),
    path("jobs/<uuid:uuid>/position/", jobs.position, name="position"),
    path("jobs/<uuid:uuid>/arrive/", jobs.arrive, name="arrive"),
    path("jobs/<uuid:uuid>/start/", jobs.start, name="start"),
    path("jobs/<uuid:uuid>/code/", jobs.code, name="code"),
    path("jobs/<uuid:uuid>/note/", jobs.note, name="note"),
    path("jobs/<uuid:uuid>/price/", quotes.propose, name="propose"),
    path("jobs/<uuid:uuid>/price/answer/", quotes.answer, name="answer_price"),
    path("jobs/<uuid:uuid>/release/", jobs.release, name="release"),
    path("jobs/<uuid:uuid>/fail/", jobs.fail, name="fail"),
    path("jobs/<uuid:uuid>/cash/", jobs.cash, name="cash"),
    path("jobs/<uuid:uuid>/finish/", jobs.finish, name="finish"),
    path("jobs/<uuid:uuid>/sign/", sign_off.sign, name="sign"),
    path("jobs/<uuid:uuid>/rate/", sign_off.rate, name="rate"),
    path("jobs/<uuid:uuid>/thanks/", sign_off.thanks, name="thanks"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/absences/<int:pk>/remove/", calendar.remove_absence, name="remove_absence"),
    path("me/", calendar.me, name="me"),
    path("earnings/", earnings.earnings, name="earnings"),
    path("earnings/<int:year>-<int:month>/", earnings.statement, name="statement"),
    path("earnings/<int:year>-<int:month>.csv", earnings.statement_csv, name="statement_csv"),
    path("account/", account.account, name="account"),
    path("account/start/", account.start, name="account_start"),
    path("account/again/", account.again, name="account_again"),
    path("account/back/", account.back, name="account_back"),
]
