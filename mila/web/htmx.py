"""Two answers that differ between a page and a part of one."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.shortcuts import render as render_template
from django_htmx.http import HttpResponseClientRedirect


def go(request, to: str, *args: object) -> HttpResponseBase:
    """On to another page: a redirect; for htmx a header, because it would swap the page into the
    part.
    """
    if request.htmx:
        return HttpResponseClientRedirect(resolve_url(to, *args))
    return redirect(to, *args)


def page_or_part(
    request, template: str, part: str, context: dict, *, status: int = 200
) -> HttpResponse:
    """The whole page, or for htmx the part of it (`page.html#part`)."""
    return render_template(
        request, f"{template}#{part}" if request.htmx else template, context, status=status
    )
