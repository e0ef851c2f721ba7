"""What Mila has told somebody, whether it arrived, and by which channels they want to be told
(rule N1).
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.channels.email import is_dead
from accounts.ladder import left_out
from customer import notice_list
from customer.forms.notices import ChannelsForm
from customer.views.secret_link import secret_page
from requests_app import access
from requests_app.access import technician_of


@require_safe
@secret_page
def told(request, token):
    """Of one booking, by its link."""
    found = access.booking_by_link(token)
    dead = bool(found.customer and is_dead(found.customer.email))
    context = {"booking": found, "told": notice_list.of_booking(found), "dead": dead}
    return render(request, "customer/told.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_page(request):
    return channels_page(request, "customer/notices.html", "customer:notices")


def channels_page(request, template: str, name: str, **context):
    """The same for customers and technicians, each in the frame of their own pages."""
    form = ChannelsForm(request.POST or None, without=left_out(request.user.pk))
    if request.method == "POST":
        form = ChannelsForm(request.POST, without=())
        if form.is_valid():
            actions.choose_channels(request.user.pk, without=form.without)
            messages.success(request, _("Saved."))
            return redirect(name)
    context |= {
        "form": form,
        "told": notice_list.of_user(request.user),
        "dead": is_dead(request.user.email),
    }
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@login_required
def again(request):
    """Their mailbox takes mails again, they say."""
    actions.try_address_again(request.user.email)
    messages.success(request, _("We will try this address again."))
    return redirect("partner:notices" if technician_of(request.user) else "customer:notices")
