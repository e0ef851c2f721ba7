"""The signature, on the partner's screen or the customer's own device (rule L12)."""

import json
import math
import secrets

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from mila.web.forms import LineField
from requests_app.models import Booking

KEY = r"^[A-Za-z0-9_-]{20,44}$"
LONGEST = 200_000  # characters of strokes; a long name drawn slowly has about 20,000
MOST_POINTS = 20_000


class HandForm(forms.Form):
    """A signature: strokes, or a name that was typed."""

    strokes = forms.CharField(required=False, max_length=LONGEST, widget=forms.HiddenInput)
    typed = LineField(
        label=_("Or type your name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def clean_strokes(self):
        """The drawing as it will be kept; empty when nothing that deserves the name was drawn."""
        text = self.cleaned_data["strokes"]
        if not text:
            return ""
        try:
            return json.dumps(
                _drawing(json.loads(text, parse_constant=_no_number)), separators=(",", ":")
            )
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValidationError(
                _("The signature did not arrive. Please sign once more.")
            ) from error

    @property
    def signature(self) -> str:
        """What was drawn, else the name that was typed; may be empty."""
        return self.cleaned_data.get("strokes") or self.cleaned_data.get("typed", "")


class SignForm(HandForm):
    """`key` is drawn when the page is made, so that the same page sent twice is one signature
    (fault M24).
    """

    key = forms.RegexField(KEY, widget=forms.HiddenInput)
    quote_version = forms.IntegerField(min_value=1, max_value=30_000, widget=forms.HiddenInput)
    # The page said that the visit is closed and this signature charges nothing (rule L13).
    late = forms.BooleanField(required=False, widget=forms.HiddenInput)

    @classmethod
    def blank(cls, version: int) -> "SignForm":
        return cls(initial={"key": secrets.token_urlsafe(24), "quote_version": version})

    def key_of(self, booking: Booking) -> str:
        """One-time within its booking: another booking's key cannot get in its way."""
        return f"{booking.pk}:{self.cleaned_data['key']}"


class VersionForm(forms.Form):
    """Which version of the price the page showed: no other is answered by it (rule L10)."""

    version = forms.IntegerField(min_value=1, max_value=30_000, widget=forms.HiddenInput)

    @classmethod
    def blank(cls, version: int):
        return cls(initial={"version": version})


class AnswerForm(HandForm, VersionForm):
    """The answer on the technician's phone turned round: a signature, and the number that was sent
    to the payer.
    """

    number = forms.RegexField(
        r"^[0-9]{4}$",
        label=_("The four digits we have sent you"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "maxlength": 9,
                "class": "field-box code-field",
            }
        ),
        error_messages={
            "invalid": _("The number has four digits. It stands in the message we have just sent.")
        },
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        if self.is_bound:
            self.data = {**data.dict(), "number": "".join(data.get("number", "").split())}


def _no_number(name: str) -> None:
    raise ValueError(name)


def _drawing(found: dict) -> dict:
    """Exactly {width, height, strokes: [[[x, y], ...], ...]} with finite numbers."""
    width, height = _number(found["width"]), _number(found["height"])
    strokes = [[[_number(x), _number(y)] for x, y in stroke] for stroke in found["strokes"]]
    count = sum(len(stroke) for stroke in strokes)
    if not 2 <= count <= MOST_POINTS:
        raise ValueError("too few or too many points")
    return {"width": width, "height": height, "strokes": strokes}


def _number(value) -> float:
    # Size before finiteness: a whole number of 400 digits is no float.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or abs(value) > 10_000
        or not math.isfinite(value)
    ):
        raise ValueError("no coordinate")
    return round(float(value), 1)
