"""Photos of the problem, up to four; a form of its own beside the step's words (rule B1)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from requests_app.actions.photographing import TooManyPhotos
from requests_app.models import PHOTOS_MAX, Booking
from requests_app.photos.decoder import Redrawn
from requests_app.photos.intake import read_picture

LONGEST_NAME = 40
ACCEPT = "image/jpeg,image/png,image/heic,image/heif,.heic,.heif"


class PictureField(forms.FileField):
    """One picture, drawn anew like every picture a stranger sends (fault W4). One that was read
    before it came to the form is taken as it is.
    """

    widget = forms.FileInput(attrs={"accept": ACCEPT})

    def clean(self, value, initial=None) -> Redrawn | None:
        if isinstance(value, Redrawn):
            return value
        file = super().clean(value, initial)
        try:
            return read_picture(file) if file else None
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class PhotosInput(forms.FileInput):
    """Several files of one box."""

    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name):
        return files.getlist(name)


class PhotosForm(forms.Form):
    """What arrives. `pictures` holds those that could be read, also where others are refused."""

    photos = forms.Field(
        label=_("Photos"),
        required=False,
        help_text=_(
            "Up to four, 10 MB each: the lights of the box, the message on the screen. Only the "
            "person who comes sees "
            "them, and we remove where they were taken."
        ),
        widget=PhotosInput(attrs={"accept": ACCEPT}),
    )

    most = PHOTOS_MAX
    status = 0  # the page's, where it is not that of any form with errors

    def __init__(self, *args, booking: Booking, **kwargs):
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.pictures: list[Redrawn] = []

    def clean_photos(self) -> None:
        """Each is judged by itself; more than there is room for are not even read."""
        files = self.cleaned_data["photos"]
        room = self.most - self.booking.photos.count()
        for file in files[:room]:
            try:
                self.pictures.append(read_picture(file))
            except Refusal as refusal:
                self.add_error("photos", f"{short(file.name)}: {refusal}")
        if len(files) > room:
            self.add_error("photos", str(TooManyPhotos()))


def short(name: str) -> str:
    """The name of a file as its owner knows it, at a length that fits on a phone."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 10]}…{name[-9:]}"
