"""Addresses while one is typed (rule B5). A form's word, not a question in the address of a page:
that would be written to the logs.
"""

from django.shortcuts import render
from django.views.decorators.http import require_POST

from mila.web.middleware import private_page
from places.streets import lines_like


@require_POST
@private_page
def streets(request):
    """The lines of the list below the field; none where nothing is known."""
    typed, postcode, country = (
        request.POST.get(name, "") for name in ("street", "postcode", "country")
    )
    lines = lines_like(typed, postcode[:16], country)
    return render(request, "customer/_street.html#streets", {"lines": lines})
