"""A partner's papers: invoices in their name, of the commission, statements; and who they are on
them (rule M8).
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mila.web.downloads import pdf
from papers import access, actions
from papers.models import Billing
from partner.doors import account_page, earnings_page
from partner.forms.billing import BillingForm

PAGE = 20


@require_safe
@never_cache
@earnings_page
def papers(request, payee):
    """Newest first, each as a file."""
    page = Paginator(access.papers_of_payee(payee), PAGE).get_page(request.GET.get("page"))
    page.object_list = [(paper, access.may_open(payee, paper)) for paper in page.object_list]
    billing = Billing.objects.filter(partner=payee.partner).first()
    context = {
        "page": page,
        "payee": payee,
        "partner": payee.partner,
        "billing": billing,
        "tab": "earnings",
    }
    return render(request, "partner/papers.html", context)


@require_safe
@never_cache
@earnings_page
def paper(request, payee, uuid):
    file = access.file_for_payee(payee, uuid)
    return pdf(file.pdf, file.paper.number)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@account_page
def billing(request, payee):
    """Name, address and numbers as they stand on papers, with the mandate; what waited for them is
    made now.
    """
    known = Billing.objects.filter(partner=payee.partner).first()
    form = BillingForm(request.POST or None, partner=payee.partner, known=known)
    if request.method == "POST" and form.is_valid():
        actions.set_billing(payee.partner, by=request.user, **form.facts)
        messages.success(request, _("Noted. New papers carry these details."))
        return redirect("partner:papers")
    context = {
        "form": form,
        "payee": payee,
        "partner": payee.partner,
        "known": known,
        "tab": "earnings",
    }
    return render(request, "partner/billing.html", context, status=422 if form.errors else 200)
