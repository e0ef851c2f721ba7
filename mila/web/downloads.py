"""A file for one person: to be kept by them, by no cache, and never run where it came from
(fault W4).
"""

from django.http import HttpResponse


def pdf(body: bytes, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
