"""What is held against the technician who is signed in, and their appeal (rule L17, P3)."""

from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Suspension
from customer.views.photos import shown
from mila.clock import mila_now
from mila.errors import Refusal
from mila.web.request_limits import takes_files
from mila.web.uploads import lacked_room
from partner.faults_page import faults_page
from partner.forms.appeals import AppealForm
from partner.search_lines import search_lines
from places.place import TIME_ZONES
from requests_app import access
from requests_app.access import technician_page
from requests_app.actions import appealing, photographing
from requests_app.models import FaultEntry


@technician_page
@require_safe
@never_cache
def faults(request, technician):
    """Each with its evidence, what it costs, until when, and the way to appeal."""
    context = {"page": faults_page(technician, mila_now()), "technician": technician, "tab": "me"}
    return render(request, "partner/faults.html", context)


def _appeal(verb, cards: str):
    """A form in front of one verb; what is not theirs, or cannot be appealed any more, is not
    there.
    """

    def view(request, technician, uuid):
        page = faults_page(technician, mila_now())
        card = next((card for card in getattr(page, cards) if card.row.uuid == uuid), None)
        if card is None:
            raise Http404
        if not card.state.may:
            if card.state.appeal is None:
                messages.warning(request, str(appealing.AppealTooLate()))
            return redirect("partner:faults")
        form = AppealForm(request.POST, request.FILES) if request.method == "POST" else AppealForm()
        if form.is_valid() and not _sent(request, technician, uuid, verb, form):
            messages.success(request, _("Thank you. A person looks at it and answers you."))
            return redirect("partner:faults")
        context: dict[str, Any] = {
            "page": page,
            "card": card,
            "form": form,
            "is_fault": cards == "faults",
            "tab": "me",
        }
        return render(
            request, "partner/appeal.html", context, status=form.status if form.errors else 200
        )

    return takes_files(
        technician_page(require_http_methods(["GET", "HEAD", "POST"])(wraps(verb)(view)))
    )


def _sent(request, technician, uuid, verb, form) -> bool:
    """True where it was refused; the sentence stands in the form."""
    try:
        if lacked_room(request):
            raise photographing.NoRoomForPhotos
        words, picture = form.cleaned_data["words"], form.cleaned_data["photo"]
        verb(technician, uuid, words=words, picture=picture, by=request.user)
    except photographing.NoRoomForPhotos as refusal:
        form.add_error("photo", str(refusal))
        form.status = refusal.status
    except Refusal as refusal:
        form.add_error(None, str(refusal))
    except (FaultEntry.DoesNotExist, Suspension.DoesNotExist) as error:
        raise Http404 from error
    return bool(form.errors)


appeal_fault = _appeal(appealing.appeal_fault, "faults")
appeal_suspension = _appeal(appealing.appeal_suspension, "suspensions")


@technician_page
@require_safe
@never_cache
def searches(request, technician):
    """Their own line of each search near them (rule D9)."""
    lines = search_lines(technician, mila_now(), request.GET.get("page"))
    context = {"lines": lines, "zone": TIME_ZONES[technician.partner.country], "tab": "me"}
    return render(request, "partner/searches.html", context)


@technician_page
@require_safe
def photo(request, technician, key):
    """The photo of one of their own appeals."""
    return shown(access.photo_of_appeal(technician, key), "large")
