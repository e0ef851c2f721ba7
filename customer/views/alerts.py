"""Nobody comes there yet: be told when somebody does, and stop it again (rule B14)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customer.draft_steps import WHEN
from customer.forms.draft import AlertForm
from customer.views.draft import UNFINISHED, draft_step
from customer.views.secret_link import sent
from customer.views.where import nobody_here
from dispatch import alerts


@require_POST
@draft_step(WHEN)
def ask(request, booking):
    """Keep the address, and write once somebody comes."""
    form = AlertForm(sent(request))
    if not form.is_valid():
        return nobody_here(request, booking, form, status=UNFINISHED)
    alerts.ask(booking, email=form.cleaned_data["email"], language=(get_language() or "fr")[:2])
    messages.success(request, _("Noted. We write to you as soon as somebody comes to you."))
    return redirect(WHEN, booking.token)


@require_http_methods(["GET", "HEAD", "POST"])
def stop(request, key: str):
    """By the link of the mail. Looking stops nothing: programs that check mails look as well."""
    if request.method == "POST":
        alerts.stop(key)
    return render(request, "customer/stop_alerts.html", {"stopped": request.method == "POST"})
