"""What each job brought."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from partner import earnings as page
from requests_app import access


@require_safe
@access.technician_page
def earnings(request, technician):
    """What each job brought: price, commission, net (rule M2, M5)."""
    return render(request, "partner/earnings.html", page.earnings(technician.partner, request.GET.get("page")))
