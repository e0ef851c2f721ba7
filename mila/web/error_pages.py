"""The one calm page for everything that goes wrong."""

import logging
import sys

from django.conf import settings
from django.contrib.messages import ERROR
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse
from django.template import loader
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from mila.faults import status_of

logger = logging.getLogger(__name__)
RETRY_AFTER = "30"  # seconds

WORDS = {
    400: (
        _("We could not read that"),
        _(
            "Something in the address or the form could not be read. Nothing was changed. Please "
            "go back and try again."
        ),
    ),
    403: (
        _("This page is not open to you"),
        _("You may be signed in with another account. Nothing was changed."),
    ),
    404: (
        _("There is nothing at this address"),
        _("The link may be old or mistyped. Everything else is still in its place."),
    ),
    413: (
        _("That was too large to send"),
        _(
            "A photo may have up to 10 MB. Nothing was saved. Please go back and send less at a "
            "time."
        ),
    ),
    414: (
        _("We could not read that"),
        _("The address is too long. Nothing was changed."),
    ),
    429: (
        _("That was a little fast"),
        _(
            "This was asked for very often from here. Nothing was lost: please wait some minutes, "
            "go back and send it "
            "again. What you typed is still there."
        ),
    ),
    409: (
        _("That has just been done"),
        _(
            "Somebody was a moment earlier, perhaps you in another window. Please reload the page "
            "and look again."
        ),
    ),
    500: (
        _("Something went wrong on our side"),
        _("We have been told. Please try again in a moment, or call us if it is urgent."),
    ),
    503: (
        _("We cannot be reached for a moment"),
        _(
            "What you just sent may not have been saved. Please look again in a minute, or call us "
            "if it is urgent."
        ),
    ),
    "csrf": (
        _("The page was open for too long"),
        _(
            "For your safety it has to be loaded again. Nothing was changed. Please go back, "
            "reload it and send again."
        ),
    ),
    "kept": (
        _("Please send it once more"),
        _(
            "You signed in or out meanwhile, or the page was open for long. Nothing was changed, "
            "and your text is kept."
        ),
    ),
    "cookies": (
        _("Cookies are needed here"),
        _(
            "Your browser sent no cookie, so we cannot tell your forms from those of another site. "
            "Please allow "
            "cookies for this site: we set only those that booking and signing in need. Then go "
            "back, reload and send "
            "again."
        ),
    ),
}


def error_page(request, status, *, words=None, again=None):
    """One calm page for every refusal; for htmx a short message and no swap. Stands without
    database and template.

    `again`: the fields of a form that can be sent once more from this page.
    """
    title, sentence = words if isinstance(words, tuple) else WORDS[words or status]
    beside = request.headers.get("HX-Request") == "true"
    try:
        if beside:
            page = messages_beside([Message(ERROR, f"{title}. {sentence}")])
        else:
            page = loader.render_to_string(
                "error.html", {"title": title, "sentence": sentence, "again": again}, request
            )
    except Exception:  # the page that says "something broke" must not break
        logger.exception("The error page could not be made")
        page = format_html(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{} – '
            "Mila</title></head>"
            "<body><main><h1>{}</h1><p>{}</p></main></body></html>",
            get_language() or "fr",
            title,
            title,
            sentence,
        )
    response = HttpResponse(page, status=status)
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    if beside:
        response.headers["HX-Reswap"] = "none"
    return response


def messages_beside(notes, request=None):
    """The messages' place with these in it, to be sent beside a part or instead of one (out-of-band
    swap).
    """
    return loader.render_to_string(
        "components/_messages.html", {"messages": notes, "swap": True}, request
    )


def bad_request(request, exception=None):
    return error_page(request, 400)


def permission_denied(request, exception=None):
    return error_page(request, 403)


def too_many_requests(request, exception=None, *, wait=60):
    """`wait`: seconds until it is worth another try."""
    response = error_page(request, 429)
    response.headers["Retry-After"] = str(wait)
    return response


def page_not_found(request, exception=None):
    return error_page(request, 404)


def server_error(request):
    """Also called for what no view has seen: a session that cannot be read since the database is
    away.
    """
    return fault_page(request, sys.exc_info()[1]) or error_page(request, 500)


def fault_page(request, error):
    """The calm page for an error that is nobody's mistake, or None (fault F4, F5); each leaves a
    line in the log.
    """
    status = status_of(error)
    if status is None:
        return None
    logger.warning("%s at %s: %r", status, request.path, error)
    if isinstance(error, Refusal):
        return error_page(request, status, words=(_("That was not possible"), str(error)))
    return error_page(request, status)


def csrf_failure(request, reason=""):
    """The token is missing or old: nothing was done (fault S10).

    What was typed on a page of ours comes back with a fresh token, to be sent by a tap. Never what
    another site sends: its victim would tap as well. Neither passwords nor files travel through a
    page.
    """
    if settings.CSRF_COOKIE_NAME not in request.COOKIES:
        return error_page(request, 403, words="cookies")
    again = _typed(request) if _from_here(request) else None
    return error_page(request, 403, words="kept" if again else "csrf", again=again)


def _from_here(request) -> bool:
    """Whether the browser itself says that a page of this very site sent the form."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def _typed(request) -> list[tuple[str, str]] | None:
    """Names and values of the form; None where it holds a password, a file, or nothing."""
    if request.FILES or any("password" in name for name in request.POST):
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    return fields or None
