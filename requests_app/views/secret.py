"""Pages behind a secret link: whoever has the address may act, so the address must not travel."""

from functools import wraps


def secret_page(view):
    """No other site, and no log of our own, learns the address from a link on the page (PRODUCT B11).

    That no cache and no search engine keeps it is the rule of the house (mila.middleware.PrivatePages, FAULT A13).
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        # Not no-referrer: with it browsers send "Origin: null" with every form, which CSRF protection must refuse.
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return inner


def sent(request):
    """The form that was sent, also when it is empty; None while the page is only looked at."""
    return request.POST if request.method == "POST" else None
