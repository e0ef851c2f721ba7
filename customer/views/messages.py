"""What customer and technician write to each other, behind the secret link (rule L1, B11)."""

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from customer.forms.messages import MessageForm
from customer.views.draft import UNFINISHED
from customer.views.secret_link import secret_page, sent
from mila.errors import Refusal
from mila.streams.publish import stream_url
from mila.web.htmx import page_or_part
from mila.web.request_limits import takes_files
from mila.web.uploads import lacked_room
from requests_app import access
from requests_app.actions import messaging
from requests_app.actions.photographing import NoRoomForPhotos
from requests_app.models import Author, State


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def thread(request, token):
    """All that was written, and, as long as somebody has the job, a message of their own."""
    booking = access.booking_by_link(token)
    if booking.state == State.DRAFT:
        return redirect("customer:draft", token)
    form = MessageForm(sent(request), request.FILES or None, author=Author.CUSTOMER)
    status = send(request, form, booking.pk) if form.is_bound else 200
    if not status:
        return redirect("customer:messages", token)
    context = {
        "booking": booking,
        "thread": access.messages_of_customer(booking),
        "mine": Author.CUSTOMER,
        "open": messaging.is_open(booking),
        "masked": booking.state in messaging.BEFORE_THE_VISIT,
        "form": form,
        "blank": MessageForm(author=Author.CUSTOMER),
        "live_url": stream_url(f"booking:{booking.uuid}"),
    }
    return page_or_part(request, "customer/messages.html", "thread", context, status=status)


def send(request, form: MessageForm, booking_id: int, technician_id: int | None = None) -> int:
    """Keep what was sent; 0 when it is kept, else the status of the page that
    says what is wrong.
    """
    if not form.is_valid():
        return UNFINISHED
    try:
        if lacked_room(request):
            raise NoRoomForPhotos
        messaging.write(booking_id, form.author, technician_id=technician_id, **form.message)
    except (messaging.HoldsPassword, messaging.MessageTooLong) as refusal:
        form.add_error("text", refusal.sentence)
        return UNFINISHED
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return refusal.status
    return 0
