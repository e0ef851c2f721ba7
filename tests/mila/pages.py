"""Addresses of a small site that the middleware is tried on."""

import json

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from mila.web import error_pages
from mila.web.middleware import private_page, public_page
from mila.web.request_limits import read_json


def plain(request, word=""):
    return HttpResponse("<p>part</p>")


def echo(request):
    return HttpResponse(
        f"{len(request.POST)}|{request.POST.get('a', '')}|{request.GET.get('a', '')}"
    )


@csrf_exempt
def hook(request):
    return HttpResponse(str(len(request.body)))


@csrf_exempt
def read(request):
    return HttpResponse(json.dumps(read_json(request)))


def breaks(request):
    raise RuntimeError("secret detail 4711")


def forbidden(request):
    raise PermissionDenied


def stores(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::integer", [request.GET["a"]])
    return HttpResponse("stored")


def pages(request):
    return HttpResponse(Paginator([1], 1).page(request.GET["page"]))


def says(request):
    messages.success(request, "Gespeichert & gut")
    return HttpResponse("<p>part</p>", headers={"Content-Length": "11"})


def says_and_shows(request):
    messages.success(request, "once")
    template = engines["django"].from_string("{% for m in messages %}<p>{{ m }}</p>{% endfor %}")
    return HttpResponse(template.render({}, request))


def says_and_leaves(request):
    messages.success(request, "later")
    return HttpResponse(headers={"HX-Redirect": "/elsewhere"})


def moves(request):
    return HttpResponseRedirect("/plain/")


def closes(request):
    logout(request)
    return HttpResponse("out")


def keeps(request):
    request.session["draft"] = 1
    return HttpResponse("kept")


urlpatterns = [
    path("plain/", plain),
    path("plain/<str:word>/", plain),
    path("echo/", echo),
    path("hook/", hook),
    path("read/", read),
    path("breaks/", breaks),
    path("forbidden/", forbidden),
    path("stores/", stores),
    path("pages/", pages),
    path("says/", says),
    path("shows/", says_and_shows),
    path("leaves/", says_and_leaves),
    path("moves/", moves),
    path("closes/", closes),
    path("keeps/", keeps),
    path("private/", private_page(plain)),
    path("public/", public_page(plain)),
    path("members/", login_required(plain)),
    path("admin/x/", plain),
    path("", include("mila.urls")),
]

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler500 = error_pages.server_error
