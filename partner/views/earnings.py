"""What each job brought, and its day; a statement for each month (rule M2, M5)."""

import csv
import io

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mila.clock import mila_now
from partner import earnings as page
from partner.doors import earnings_page
from places.place import Country

FIRST_YEAR, LAST_YEAR = 2020, 2200


@require_safe
@never_cache
@earnings_page
def earnings(request, payee):
    """The next payout, the months, and each job: price, commission, net, its day."""
    context = page.earnings_page(payee, request.GET.get("page"), mila_now())
    return render(request, "partner/earnings.html", {**context, "tab": "earnings"})


@require_safe
@never_cache
@earnings_page
def statement(request, payee, year, month):
    """A month on one page, to be read, printed and kept."""
    found = _statement(payee, year, month)
    context = {"payee": payee, "partner": payee.partner, "statement": found, "tab": "earnings"}
    return render(request, "partner/statement.html", {**context, "year": year, "month": month})


@require_safe
@never_cache
@earnings_page
def statement_csv(request, payee, year, month):
    """The same for a spreadsheet: as the programs of the country open it by a click."""
    found = _statement(payee, year, month)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    comma = payee.partner.country == Country.FR
    writer.writerows(page.csv_rows(found, page.zone_of(payee), comma=comma))
    # The mark by which spreadsheets know that it is UTF-8.
    body = "\N{ZERO WIDTH NO-BREAK SPACE}" + text.getvalue()
    name = f"mila-{year}-{month:02d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


def _statement(payee, year, month):
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        raise Http404
    found = page.statement(payee, year, month, mila_now())
    if found is None:
        raise Http404
    return found
