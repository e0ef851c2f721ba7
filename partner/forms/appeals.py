"""An appeal in the partner's own words, with a photo where one says more (rule L17)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from mila.web.forms import ProseField
from requests_app.photos.decoder import Redrawn
from requests_app.photos.intake import read_picture

LONGEST_WORDS = 2_000


class AppealForm(forms.Form):
    words = ProseField(
        label=_("What happened, in your words"),
        max_length=LONGEST_WORDS,
        help_text=_("Times and places help us most. You can write once, so say it all."),
        error_messages={"required": _("Please say what happened.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    photo = forms.FileField(
        label=_("A photo"),
        required=False,
        help_text=_("Of the closed door or of your call list, for example, up to 10 MB."),
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/heic,image/heif,.heic,.heif"}
        ),
    )

    status = 422  # the page's, where something is refused

    def clean_photo(self) -> Redrawn | None:
        """Drawn anew like every picture a stranger sends (fault W4)."""
        file = self.cleaned_data.get("photo")
        if not file:
            return None
        try:
            return read_picture(file)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
