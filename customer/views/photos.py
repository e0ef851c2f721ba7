"""Photos of the problem: taken in on a step of the booking, shown to whom `access` lets
(rule B1, D8; fault W4).
"""

from django.http import FileResponse, Http404
from django.views.decorators.http import require_safe

from customer.forms.photos import PhotosForm
from customer.views.secret_link import secret_page
from mila.errors import Refusal
from mila.web.uploads import lacked_room
from requests_app import access
from requests_app.actions import photographing
from requests_app.models import Booking, BookingPhoto, photo_storage

# Whatever a browser might take it for: no script, no frame, nothing fetched. The style is its own
# viewer's.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def received(request, booking: Booking) -> PhotosForm:
    """The form after what was sent: one photo removed if that button was pressed, those that
    arrived attached.

    They stay with the draft, whatever else on the page was refused.
    """
    if request.method != "POST":
        return PhotosForm(booking=booking)
    form = PhotosForm(request.POST, request.FILES, booking=booking)
    try:
        if "remove" in request.POST:
            photographing.remove_photo(booking.pk, request.POST["remove"])
        form.is_valid()
        for picture in form.pictures:
            photographing.add_photo(booking.pk, picture)
        if lacked_room(request):
            raise photographing.NoRoomForPhotos
    except photographing.NoRoomForPhotos as refusal:
        form.add_error("photos", str(refusal))
        form.status = refusal.status
    except Refusal as refusal:
        form.add_error("photos", str(refusal))
    return form


@require_safe
@secret_page
def photo(request, token, key, size):
    """For the customer, by the link of their draft or booking; their account leads to the same
    pages.
    """
    return shown(access.photo_by_link(token, key), size)


def shown(photo: BookingPhoto, size: str) -> FileResponse:
    """The file itself, for somebody whom `access` has let.

    That no cache keeps it is the rule of the house.
    """
    try:
        file = photo_storage().open(photo.path(size))
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="image/jpeg", filename=f"mila-{photo.rank}.jpg")
    response.headers["Content-Security-Policy"] = ALONE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
