"""What every answer has in common: readable input, the person's language, privacy from caches,
htmx's manners.
"""

import logging
import time
from functools import wraps
from urllib.parse import urlsplit

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.contrib import auth, messages
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.paginator import InvalidPage
from django.db import DataError
from django.http import HttpResponse, RawPostDataException, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext

from mila import second_factor
from mila.web import limits, request_limits
from mila.web.error_pages import error_page, fault_page, messages_beside, too_many_requests

logger = logging.getLogger(__name__)


class AdminCSP:
    """A weaker policy for the admin alone: its theme evaluates attributes
    and sets styles (Alpine).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_update = {"script-src": [UNSAFE_EVAL]}
            response._csp_replace = {"style-src": [SELF, UNSAFE_INLINE]}
        return response


class ReadableInput:
    """Fault W3: unreadable or absurd input gets a calm page and 400 or 413, never 500.

    Stands before the session, so that nothing has touched the input yet. The form is read once its
    view is known: a view without CSRF protection (a signed webhook) wants the raw body.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            request_limits.check_head(request)
            request.GET  # noqa: B018  (parsed here, where too many fields are caught)
        except SuspiciousOperation:
            return self._refuse(request, 400)
        except request_limits.TooLarge as error:
            return self._refuse(request, error.status)
        except request_limits.Unreadable:
            return self._refuse(request, 400)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method in ("GET", "HEAD", "OPTIONS", "TRACE") or getattr(
            view, "csrf_exempt", False
        ):
            return None
        try:
            request_limits.check_size(request, view)
            request_limits.check_form(request)
        except Exception as error:  # told apart below; what is not input goes on
            return self.process_exception(request, error) or _reraise(error)
        return None

    def process_exception(self, request, error):
        """Input that only the view could find unreadable."""
        if isinstance(error, (RequestDataTooBig, request_limits.TooLarge)):
            return self._refuse(request, 413)
        if isinstance(error, DataError):
            # The database would not take a value that a form let through: refused, and worth a
            # look.
            logger.warning("Unstorable input at %s", request.path, exc_info=error)
            return self._refuse(request, 400)
        if isinstance(error, UNREADABLE):
            return self._refuse(request, 400)
        return fault_page(request, error)

    def _refuse(self, request, status):
        # No session: its cookie may be what cannot be read.
        with translation.override(translation.get_language_from_request(request)):
            response = error_page(request, status)
            response.headers["Content-Language"] = translation.get_language()
        response.headers["Connection"] = "close"
        return response


UNREADABLE = (
    request_limits.Unreadable,
    InvalidPage,
    MultiPartParserError,
    RawPostDataException,
    SuspiciousOperation,
    UnicodeError,
    UnreadablePostError,
)


def _reraise(error):
    raise error


class LanguageMiddleware(LocaleMiddleware):
    """The language cookie, else the signed-in person's own language, else what the browser asks
    for, else French.
    """

    def process_request(self, request):
        super().process_request(request)
        if (
            settings.LANGUAGE_COOKIE_NAME in request.COOKIES
            or settings.SESSION_COOKIE_NAME not in request.COOKIES
        ):
            return
        # What AuthenticationMiddleware would find a moment later, in the place where it looks
        # first.
        request._cached_user = auth.get_user(request)
        language = getattr(request._cached_user, "language", "")
        if translation.check_for_language(language) and language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()


class StaffSessions:
    """After half an hour without a visit, or ten hours in all, staff are nobody again, whatever the
    cookie says.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Without the cookie there is nobody to look for, and nothing may make the page differ by
        # person.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_staff:
            self._keep_time(request)
        return self.get_response(request)

    def _keep_time(self, request):
        now = time.time()
        if second_factor.is_over(request.session, now):
            auth.logout(request)
            messages.info(
                request,
                gettext("You were signed out: a session of the back office ends by itself."),
            )
        else:
            second_factor.note_visit(
                request.session, now, by_itself=second_factor.BY_ITSELF in request.headers
            )


class Limits:
    """More of the same than anybody needs is answered with 429 before the view has done anything
    (limits.py).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        limit = limits.exceeded(request)
        return too_many_requests(request, wait=limit.seconds) if limit else None


def private_page(view):
    """Never kept by a cache, whoever asks: the address or the person makes
    it private (fault A13).
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        return _keep_private(view(request, *args, **kwargs))

    return inner


def public_page(view):
    """The same for everybody, also for those who are signed in: the view's
    own cache headers stand.
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.mila_public = True
        return response

    return inner


def _keep_private(response):
    response.headers["Cache-Control"] = "private, no-store"
    response.headers.setdefault("X-Robots-Tag", "noindex")
    patch_vary_headers(response, ["Cookie"])
    return response


def visitors_page(view):
    """The page is the same for everybody without a session: their browser may keep it."""
    view.for_visitors = True
    return view


# Who signs out leaves nothing on the device: no copy of a page, no key, nothing that waits to be
# sent.
LEFT_BEHIND = '"cache", "storage"'


class PrivatePages:
    """Fault A13: `no-store` on every answer to somebody with a session, and on every page not
    marked for visitors.

    Pages behind a secret link have no session, so privacy is the rule; `visitors_page` and `PUBLIC`
    are the exceptions.
    """

    PUBLIC = ("mila", "django.views.i18n", "django.views.static", "django.contrib.staticfiles")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        had_session = not request.session.is_empty()
        was_in = auth.SESSION_KEY in request.session
        response = self.get_response(request)
        if was_in and auth.SESSION_KEY not in request.session:
            response.headers["Clear-Site-Data"] = LEFT_BEHIND
        # The same address answers a page or a part of it.
        patch_vary_headers(response, ["HX-Request"])
        if getattr(response, "mila_public", False):
            return response
        if had_session or not request.session.is_empty() or not self._public(request):
            _keep_private(response)
        return response

    def _public(self, request):
        if request.resolver_match is None:
            return True  # no such address
        view = request.resolver_match.func
        module = view.__module__
        return getattr(view, "for_visitors", False) or any(
            module == name or module.startswith(f"{name}.") for name in self.PUBLIC
        )


class HtmxSession:
    """A part of a page is never the sign-in form, and what the site has to say is not lost in a
    swap.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.login = resolve_url(settings.LOGIN_URL)
        self.doors = (self.login, resolve_url("admin:login"))

    def __call__(self, request):
        response = self.get_response(request)
        if not request.htmx:
            return response
        if (
            response.status_code in (301, 302, 303)
            and urlsplit(response["Location"]).path in self.doors
        ):
            back = _page(request)
            return HttpResponse(
                status=204, headers={"HX-Redirect": f"{self.login}?{urlencode({'next': back})}"}
            )
        if self._is_a_part(response):
            _append_messages(request, response)
        return response

    def _is_a_part(self, response):
        leaves = any(name in response for name in ("HX-Redirect", "HX-Refresh", "HX-Location"))
        html = response.get("Content-Type", "").startswith("text/html")
        return (
            html
            and not leaves
            and not response.streaming
            and response.status_code in (200, 201, *range(400, 500))
        )


def _page(request) -> str:
    """The page the part was asked from; the front page when it is another site's or no address at
    all (fault W3).
    """
    try:
        return request.htmx.current_url_abs_path or "/"
    except ValueError:
        return "/"


def _append_messages(request, response):
    """What the site has to say goes beside the part, unless the part shows it already (out-of-band
    swap).
    """
    storage = messages.get_messages(request)
    # `used`: shown already. Otherwise len() looks without using them up.
    if getattr(storage, "used", True) or not len(storage):
        return
    response.write(messages_beside(storage, request))
    if "Content-Length" in response:
        response.headers["Content-Length"] = str(len(response.content))
