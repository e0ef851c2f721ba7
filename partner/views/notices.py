"""How a technician is reached, and what became of what they were told (rule N1)."""

from django.views.decorators.http import require_http_methods

from customer.views.notices import channels_page
from requests_app.access import technician_page


@technician_page
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request, technician):
    return channels_page(
        request, "partner/notices.html", "partner:notices", tab="me", phone=str(technician.phone)
    )
