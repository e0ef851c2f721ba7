"""The desk's pages. Nothing here asks who somebody is: the settings lay these addresses out for the
demo alone.
"""

from functools import wraps
from urllib.parse import urlsplit

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

import embedded
from accounts.models import User
from devstack import demo_world, launch
from devstack.desk import cast, clock
from devstack.desk import mails as mail_files
from devstack.instants import PARIS
from devstack.models import DemoWorld
from mila.clock import mila_now
from mila.formats import moment, short_moment
from mila.web.middleware import private_page
from places.calendar import wall_time
from simulation import factor

SHOWN = 8  # mails on the desk itself
CARDS = (
    ("4242424242424242", gettext_lazy("is good")),
    ("4000002500003155", gettext_lazy("its bank asks once, when it is saved")),
    ("4000002760003184", gettext_lazy("its bank asks each time")),
    ("4000000000000341", gettext_lazy("is saved, and declined after the signature")),
    ("4000000000000002", gettext_lazy("is refused")),
)


def of_the_demo(view):
    """Only where a whole demo lies in the database: a person of somebody's
    own is nobody's to play.
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        if not (settings.DEMO and DemoWorld.objects.filter(complete=True).exists()):
            raise Http404
        return view(request, *args, **kwargs)

    return private_page(inner)


@require_safe
@of_the_demo
def desk(request):
    sent = _mails()
    request.demo_now = mila_now()  # one instant for the page and the bar above it
    return render(
        request,
        "devstack/desk.html",
        {
            "now": request.demo_now,
            "zone": PARIS,
            "steps": clock.STEPS.items(),
            "own": cast.own(DemoWorld.objects.get(complete=True)),
            "asked": cast.asked(),
            "groups": [
                (_("Customers"), cast.customers()),
                (_("Technicians"), cast.technicians()),
                (_("Mila’s staff"), cast.staff()),
            ],
            "everybody": cast.everybody(),
            "mails": sent[:SHOWN],
            "texts": mail_files.texts(settings.SITE_URL),
            "more_mails": len(sent) > SHOWN,
            "back": _page_before(request),
            "cards": [*((_grouped(number), words) for number, words in CARDS), _ends_this_month()],
        },
    )


def _page_before(request) -> str:
    """Where somebody came from who looked at the desk in between: a number
    to copy, a mail to read.
    """
    before = urlsplit(request.headers.get("Referer", ""))
    same = before.netloc == request.get_host() and not before.path.startswith(reverse("desk:desk"))
    return before.path if same else ""


@require_safe
@of_the_demo
def now(request):
    """What the demo's clock says, for the bar of a page that stays open."""
    return HttpResponse(short_moment(mila_now(), PARIS), content_type="text/plain")


@require_safe
@of_the_demo
def code(request):
    """What the authenticator of the demo's staff shows now, for a bar on a page that stays open."""
    return HttpResponse(factor.code_of_staff(), content_type="text/plain")


@require_safe
@of_the_demo
def asked(request):
    """Who is being asked, for the desk that stays open."""
    return render(request, "devstack/desk.html#asked", {"asked": cast.asked(), "now": mila_now()})


@require_POST
@of_the_demo
def sign_in(request):
    """Be this person from here on, as if they had typed their password: what comes after it (a
    second factor) comes.

    Without an address: be nobody, who may hold a link. The pages go on in the language the desk is
    read in.
    """
    page = request.POST.get("page", "")
    page = page if url_has_allowed_host_and_scheme(page, allowed_hosts=None) else ""
    email, language = request.POST.get("email", ""), get_language()
    user = get_object_or_404(cast.everybody(), email=email) if email else None
    logout(request)
    if user is None:
        response = redirect(page or "customer:home")
    else:
        User.objects.filter(pk=user.pk).update(language=language)
        user.language = language
        response = perform_login(request, user, redirect_url=page or None)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language)
    return response


@require_POST
@of_the_demo
def move(request):
    try:
        now = clock.move(request.POST.get("step", ""))
    except KeyError as error:
        raise Http404 from error
    if now is None:
        messages.info(request, _("Nothing of that kind lies ahead: the clock stays where it is."))
    else:
        launch.send_sweeps()
        messages.success(
            request, _("The demo’s clock now says %(moment)s.") % {"moment": moment(now, PARIS)}
        )
    return redirect(reverse("desk:desk") + "#clock")


@require_safe
@of_the_demo
def mails(request):
    page = Paginator(_mails(), 30).get_page(request.GET.get("page"))
    return render(
        request,
        "devstack/mails.html",
        {"page": page, "mails": page.object_list, "texts": mail_files.texts(settings.SITE_URL, 30)},
    )


@require_POST
@of_the_demo
def begin_again(request):
    demo_world.ask_to_begin_again()
    return render(request, "devstack/again.html")


def _ends_this_month() -> tuple[str, str]:
    """The good card with a date of the demo's own month: for a visit after it no order is taken."""
    month = wall_time(mila_now(), PARIS).strftime("%m/%y")
    return _grouped(CARDS[0][0]), _("ends this month, with the date %(month)s") % {"month": month}


def _mails():
    """Their links lead to this site under the name it was opened by."""
    return mail_files.sent(embedded.var(settings.INSTANCE) / "mail", settings.SITE_URL)


def _grouped(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
