"""The customer's appeal against a decision of ours that they pay for (rule L17)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from customer.forms.visit import AppealForm
from customer.views.changes import change
from customer.views.draft import UNFINISHED
from customer.views.secret_link import sent
from mila.clock import mila_now
from mila.errors import Refusal
from mila.web.request_limits import takes_files
from mila.web.uploads import lacked_room
from payments import appeals
from policy.queries import policy_at
from requests_app import access
from requests_app.actions import contesting
from requests_app.actions.photographing import NoRoomForPhotos
from requests_app.models import Booking


@takes_files
@change(lambda booking: contesting.may_appeal(booking, mila_now()))
def appeal(request, booking):
    """In words, with a photo; who looks at it is somebody else than who has decided."""
    form = AppealForm(sent(request), request.FILES or None)
    refused = 0
    if form.is_valid():
        try:
            _send(request, booking, form)
        except NoRoomForPhotos as refusal:
            form.add_error("photo", str(refusal))
            refused = refusal.status
        except Refusal as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(
                request, _("Thank you. A second person looks at it and writes to you.")
            )
        if not refused:
            return redirect("customer:booking", booking.token)
    decision = contesting.decision_of(booking)
    context = {
        "booking": booking,
        "form": form,
        "why": decision.reason if decision else "",
        "days": policy_at(mila_now(), booking.country).appeal_working_days,
    }
    status = refused or (UNFINISHED if form.errors else 200)
    return render(request, "customer/appeal.html", context, status=status)


def _send(request, booking: Booking, form: AppealForm) -> None:
    """Raises the refusals of the verb; what is typed stays where there is no room for the photo."""
    if lacked_room(request):
        raise NoRoomForPhotos
    words, picture = form.cleaned_data["words"], form.cleaned_data["photo"]
    by = request.user if access.is_customer(request.user, booking) else None
    appeals.appeal(booking.pk, words=words, picture=picture, by=by)
