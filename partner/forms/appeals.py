"""An appeal in the partner's own words, with a photo where one says more (rule L17)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customer.forms.photos import PictureField
from mila.web.forms import ProseField

LONGEST_WORDS = 2_000


class AppealForm(forms.Form):
    words = ProseField(
        label=_("What happened, in your words"),
        max_length=LONGEST_WORDS,
        help_text=_("Times and places help us most. You can write once, so say it all."),
        error_messages={"required": _("Please say what happened.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    photo = PictureField(
        label=_("A photo"),
        required=False,
        help_text=_("Of the closed door or of your call list, for example, up to 10 MB."),
    )

    status = 422  # the page's, where something is refused
