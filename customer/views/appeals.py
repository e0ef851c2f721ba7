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
from payments import appeals
from policy.queries import policy_at
from requests_app import access
from requests_app.actions import contesting


@change(lambda booking: contesting.may_appeal(booking, mila_now()))
def appeal(request, booking):
    """In words; who looks at it is somebody else than who has decided."""
    form, by = AppealForm(sent(request)), access.is_customer(request.user, booking)
    if form.is_valid():
        try:
            appeals.appeal(
                booking.pk, words=form.cleaned_data["words"], by=request.user if by else None
            )
        except Refusal as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(
                request, _("Thank you. A second person looks at it and writes to you.")
            )
        return redirect("customer:booking", booking.token)
    decision = contesting.decision_of(booking)
    context = {
        "booking": booking,
        "form": form,
        "why": decision.reason if decision else "",
        "days": policy_at(mila_now(), booking.country).appeal_working_days,
    }
    status = UNFINISHED if form.errors else 200
    return render(request, "customer/appeal.html", context, status=status)
