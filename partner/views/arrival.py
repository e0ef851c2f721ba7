"""Where the technician is while on their way, and when they will be there (rule L8)."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from mila.clock import mila_now
from mila.web.request_limits import Unreadable, read_json
from partner.forms.jobs import PositionForm
from partner.views.jobs import own_job
from places import travel
from requests_app.actions import visit
from requests_app.models import Booking, BookingContact, State


@own_job
@require_POST
def position(request, technician, booking):
    """The page of the job says it now and then; the hour of arrival follows from it."""
    data = _json(request) if request.content_type == "application/json" else request.POST
    form = PositionForm(data)
    if not form.is_valid():
        return HttpResponse(status=422)
    if booking.state != State.EN_ROUTE:
        return HttpResponse(status=409)  # the page stops sending
    visit.report_position(
        booking.pk, technician.pk, **form.cleaned_data, eta_at=_eta(booking, **form.cleaned_data)
    )
    return HttpResponse(status=204)


def _json(request) -> dict:
    found = read_json(request, largest=2_000)
    if not isinstance(found, dict):
        raise Unreadable("JSON")
    return found


def _eta(booking: Booking, *, lat: float, lon: float):
    """Read here for the arithmetic alone: the house does not leave our servers."""
    house = BookingContact.objects.filter(booking=booking).values_list("lat", "lon").first()
    if house is None or None in house:
        return None
    return travel.arrival_at(mila_now(), (lat, lon), house, booking.timezone)
