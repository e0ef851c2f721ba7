"""What the technician and the customer of a job write to each other (rule L1, D8)."""

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from customer.forms.messages import MessageForm
from customer.views.messages import send
from mila.streams.publish import stream_url
from mila.web.htmx import page_or_part
from mila.web.request_limits import takes_files
from partner.views.jobs import own_job
from requests_app import access
from requests_app.actions import messaging
from requests_app.models import Author


@takes_files
@own_job
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request, technician, booking):
    """The thread of their own job; once they may no longer see the contact data it is closed and
    shows nothing.
    """
    form = MessageForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        author=Author.TECHNICIAN,
    )
    status = send(request, form, booking.pk, technician.pk) if form.is_bound else 200
    if not status:
        return redirect("partner:messages", booking.uuid)
    may = messaging.is_open(booking)
    if may:
        access.reveal_contact(booking, technician, reason="messages")
    context = {
        "booking": booking,
        "thread": access.messages_of_technician(booking, technician),
        "mine": Author.TECHNICIAN,
        "count": str(booking.messages.filter(author=Author.TECHNICIAN).count()),
        "open": may,
        "masked": booking.state in messaging.BEFORE_THE_VISIT,
        "form": form,
        "blank": MessageForm(author=Author.TECHNICIAN),
        "live_url": stream_url(f"technician:{technician.pk}"),
        "tab": "jobs",
    }
    return page_or_part(request, "partner/messages.html", "thread", context, status=status)
