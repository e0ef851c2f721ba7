"""Pages behind a secret link: whoever has the address may act, so the address must not travel."""

from functools import wraps

from mila.middleware import private_page


def secret_page(view):
    """Never kept by a cache or a search engine, and no other site learns the address (PRODUCT B11, FAULT A13)."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        # Not no-referrer: with it browsers send "Origin: null" with every form, which CSRF protection must refuse.
        # This one never tells the path, not even to ourselves.
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return private_page(inner)


def sent(request):
    """The form that was sent, also when it is empty; None while the page is only looked at."""
    return request.POST if request.method == "POST" else None
