"""One message of the thread, of either side (rule L1)."""

import hashlib
import secrets

from django import forms
from django.utils.translation import gettext_lazy as _

from customer.forms.photos import PictureField
from customer.forms.signing import KEY
from mila.web.forms import ProseField
from requests_app.actions.messaging import LONGEST
from requests_app.actions.notes import NothingWritten
from requests_app.models import PHRASES, Author


class MessageForm(forms.Form):
    """A button for each ready-made phrase, own words, or a photo."""

    key = forms.RegexField(KEY, widget=forms.HiddenInput)
    phrase = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    text = ProseField(
        label=_("Your message"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    photo = PictureField(
        label=_("A photo"),
        required=False,
        help_text=_("10 MB at most. We remove where it was taken."),
    )

    def __init__(self, data=None, files=None, *, author: Author):
        super().__init__(data, files, initial={"key": secrets.token_urlsafe(24)})
        self.author = author

    @property
    def phrases(self) -> list[tuple[str, str]]:
        return [(phrase.value, str(phrase.label)) for phrase in PHRASES[self.author]]

    def clean_phrase(self) -> str:
        phrase = self.cleaned_data["phrase"]
        if phrase and phrase not in PHRASES[self.author]:
            raise forms.ValidationError(NothingWritten.sentence)
        return phrase

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not (cleaned["phrase"] or cleaned["text"] or cleaned["photo"]):
            self.add_error("text", _("Please write something, or choose a photo."))
        return cleaned

    @property
    def message(self) -> dict:
        """For the verb, after is_valid().

        The same page sends the same message once; other words or another picture are another one,
        as a page that a phone keeps writes many (rule L12).
        """
        phrase = self.cleaned_data["phrase"]
        text = "" if phrase else self.cleaned_data["text"]
        picture = None if phrase else self.cleaned_data["photo"]
        seen = picture.large if picture else b""
        said = "\n".join((self.cleaned_data["key"], phrase, text)).encode() + seen
        return {
            "key": hashlib.sha256(said).hexdigest(),
            "phrase": phrase,
            "text": text,
            "picture": picture,
        }
