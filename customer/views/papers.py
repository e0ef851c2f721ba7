"""Receipt and invoices of a booking as files, by its link (rule M8, B11)."""

from django.views.decorators.http import require_safe

from customer.views.secret_link import secret_page
from mila.web.downloads import pdf
from papers import access


@require_safe
@secret_page
def paper(request, token, uuid):
    file = access.file_by_link(token, uuid)
    return pdf(file.pdf, file.paper.number)
