"""What the technician writes: the call, the end of a job, why not, their time and their area."""

import hashlib
import math
import re
import secrets
from datetime import date, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician
from customer.forms.signing import KEY
from customer.forms.starts import parse_wall
from mila.errors import Refusal
from mila.web.forms import LineField, ProseField
from places.calendar import instant
from policy.figures import Policy
from requests_app.actions.doorstep import PhonePlace
from requests_app.actions.notes import LONGEST_NOTE, NothingWritten
from requests_app.actions.other_times import LONGEST_REASON
from requests_app.models import (
    AcceptanceKind,
    Booking,
    CallChannel,
    Fault,
    NotePhrase,
    ProposalKind,
    Quote,
)

# What a price may look like: 69, 69.5, 69,50, 1'234.50. Digits of other scripts, signs and
# exponents are none.
PRICE = re.compile(r"([0-9]{1,5})(?:[.,]([0-9]{1,2}))?", re.ASCII)
GROUPING = str.maketrans("", "", " '’\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}")
MOST_CENTS = 1_000_000  # no visit costs more; above it is a typing error
MOST_PACKAGES = 20
EARLIEST, LATEST = date(2020, 1, 6), date(2100, 1, 4)  # what a calendar can show
REASON_LENGTH = 200  # of Booking.end_reason


class PriceField(forms.CharField):
    """An amount as people write it, with comma or point; cleaned to minor units (rule L10)."""

    default_error_messages = {
        "invalid": _("Please write the price with digits, such as 69 or 69,50."),
        "large": _("This is more than a visit can cost. Please check the digits."),
    }

    def __init__(self, **kwargs):
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=14, widget=widget, **kwargs)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        found = PRICE.fullmatch(text.translate(GROUPING))
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        units, hundredths = found.groups()
        cents = int(units) * 100 + int((hundredths or "0").ljust(2, "0"))
        if cents > MOST_CENTS:
            raise ValidationError(self.error_messages["large"], code="large")
        return cents


class WallField(forms.CharField):
    """A day and hour as a device sends them, without a zone."""

    default_error_messages = {"invalid": _("Please give the day and the hour.")}

    def __init__(self, **kwargs):
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), **kwargs)

    def clean(self, value):
        text = super().clean(value)
        if not text and not self.required:
            return None
        wall = parse_wall(text)
        if wall is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return wall


class CallForm(forms.Form):
    """One try to reach the customer (rule L1)."""

    reached = forms.TypedChoiceField(
        label=_("Did you reach the customer?"),
        choices=[("yes", _("Yes, we have talked")), ("no", _("No, nobody answered"))],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Please say whether you reached the customer.")},
    )
    channel = forms.ChoiceField(
        label=_("How"),
        choices=CallChannel.choices,
        initial=CallChannel.PHONE,
        widget=forms.RadioSelect,
    )
    wants_other_time = forms.BooleanField(
        label=_("The customer wishes another time"), required=False
    )
    other_wall = WallField(
        label=_("Which one, if you spoke about it"),
        required=False,
        help_text=_("The customer accepts it by one tap. Only then does the visit move."),
    )
    note = ProseField(
        label=_("What you agreed"),
        max_length=500,
        required=False,
        help_text=_("Problem, scope, price. Only you and our staff read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CodeForm(forms.Form):
    """The four digits the customer says at the door (rule L9b)."""

    code = forms.RegexField(
        r"^[0-9]{4}$",
        label=_("The customer's four digits"),
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "maxlength": 9,
                "class": "field-box code-field",
                # a page that is made anew while the digits are typed keeps them
                "hx-preserve": "true",
            }
        ),
        error_messages={
            "required": _("Please type the four digits the customer tells you."),
            "invalid": _("The code has four digits. The customer finds it on their page."),
        },
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        if self.is_bound:
            self.data = {**data.dict(), "code": "".join(data.get("code", "").split())}


class ReleaseForm(forms.Form):
    """Why they give the job back (rule D1)."""

    reason = LineField(
        label=_("Why do you give this job back?"),
        max_length=REASON_LENGTH,
        error_messages={"required": _("Please give a reason.")},
    )


class FailForm(forms.Form):
    """Why the visit ends without the work, and who caused it (rule L11)."""

    WHY = (
        ("nobody_home", _("Nobody opened the door")),
        ("no_line", _("There is no line, power or access")),
        ("material", _("The right part or tool is missing")),
        ("other", _("Something else")),
    )
    why = forms.ChoiceField(
        label=_("What happened?"),
        choices=WHY,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what happened.")},
    )
    fault = forms.ChoiceField(
        label=_("Who caused it?"),
        choices=[
            (Fault.CUSTOMER, _("The customer")),
            (Fault.PARTNER, _("I did")),
            (Fault.MILA, _("Mila")),
            (Fault.NOBODY, _("Nobody")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose who caused it.")},
    )
    note = LineField(label=_("In your words"), max_length=140, required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("why") == "other" and not cleaned.get("note"):
            self.add_error("note", _("Please say what happened."))
        return cleaned

    @property
    def reason(self) -> str:
        """For the verb, after is_valid()."""
        parts = [str(dict(self.WHY)[self.cleaned_data["why"]]), self.cleaned_data["note"]]
        return ". ".join(part for part in parts if part)[:REASON_LENGTH]


class NoteForm(forms.Form):
    """A short note: a button for each ready-made phrase, or own words (rule L9)."""

    key = forms.RegexField(KEY, widget=forms.HiddenInput)
    phrase = forms.ChoiceField(choices=NotePhrase.choices, required=False)
    text = LineField(
        label=_("In your words"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("The customer reads it at once. Never write the customer's passwords here."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    @classmethod
    def blank(cls, text: str = "") -> "NoteForm":
        """`text`: what had been written when a phrase was tapped; it waits there."""
        return cls(initial={"key": secrets.token_urlsafe(24), "text": text})

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned["phrase"] and not cleaned["text"]:
            self.add_error("text", NothingWritten.sentence)
        return cleaned

    @property
    def note(self) -> dict[str, str]:
        """For the verb, after is_valid().

        The same page sends the same words once; other words are another note.
        """
        phrase, text = (
            self.cleaned_data["phrase"],
            "" if self.cleaned_data["phrase"] else self.cleaned_data["text"],
        )
        said = "\n".join((self.cleaned_data["key"], phrase, text))
        return {"key": hashlib.sha256(said.encode()).hexdigest(), "phrase": phrase, "text": text}

    @property
    def left_over(self) -> str:
        """What had been begun beside the phrase that was tapped."""
        return self.cleaned_data["text"] if self.cleaned_data["phrase"] else ""


class FinishForm(forms.Form):
    """What was done and the two ticks, at the price that was agreed; a Friend may ask less
    (rule L10, L12).
    """

    done = ProseField(
        label=_("What was done"),
        max_length=2000,
        help_text=_("One line for each thing. The customer reads it before signing."),
        error_messages={"required": _("Please write what was done.")},
    )
    explained = forms.BooleanField(
        label=_("I have shown and explained the result"),
        error_messages={"required": _("Please show and explain the result first.")},
    )
    tidied = forms.BooleanField(
        label=_("The place is tidy"),
        error_messages={"required": _("Please leave the place tidy first.")},
    )

    def __init__(self, *args, booking: Booking, agreed: Quote, **kwargs):
        super().__init__(*args, **kwargs)
        assert booking.partner is not None
        self.fields["done"].initial = booking.report.get("done", "")
        if not booking.partner.is_friend:
            return
        # The end was taken back: what was asked then is still here (rule L9).
        former = booking.quotes.filter(
            acceptance_kind=AcceptanceKind.NOT_NEEDED,
            withdrawn_at__isnull=False,
            version__gt=agreed.version,
        ).last()
        self.fields["price"] = PriceField(
            label=_("Price in the end in %(currency)s") % {"currency": booking.currency},
            initial=written((former or agreed).service_cents),
            help_text=_(
                "Without the booking fee. No more than was agreed; less is always possible."
            ),
            error_messages={"required": _("Please write the price.")},
        )

    @property
    def report(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("done", "explained", "tidied")}


def written(cents: int) -> str:
    """As it stands in a field for a price."""
    return f"{cents // 100}.{cents % 100:02d}"


class PositionForm(forms.Form):
    """Where they are, as the device says it: finite degrees, in either spelling (fault W3)."""

    lat = forms.FloatField(min_value=-90, max_value=90)
    lon = forms.FloatField(min_value=-180, max_value=180)

    def __init__(self, data):
        super().__init__(
            {
                "lat": data.get("lat", data.get("latitude")),
                "lon": data.get("lon", data.get("longitude")),
            }
        )


class PhonePlaceForm(PositionForm):
    """The same with the device's own doubt, at a move that keeps it.

    `place` is None where the device said nothing.
    """

    accuracy = forms.FloatField(min_value=0, max_value=100_000)

    def __init__(self, data):
        super().__init__(data)
        self.data["accuracy"] = data.get("accuracy")

    @property
    def place(self) -> PhonePlace | None:
        if not self.is_valid():
            return None
        found = self.cleaned_data
        return PhonePlace(found["lat"], found["lon"], math.ceil(found["accuracy"]))


class TimeForm(forms.Form):
    """Another start, for the customer to accept; at the visit also what is
    missing (rule B9, L11).
    """

    wall = WallField(
        label=_("Day and hour"), error_messages={"required": _("Please give the day and the hour.")}
    )
    reason = LineField(
        label=_("What is missing?"),
        max_length=LONGEST_REASON,
        help_text=_("The customer reads it."),
        error_messages={
            "required": _("Please say what is missing, so that the customer knows why.")
        },
    )

    def __init__(self, data=None, *, kind: str | None):
        super().__init__(data)
        if kind != ProposalKind.SECOND:
            del self.fields["reason"]

    @property
    def proposal(self) -> dict:
        """For the verb, after is_valid()."""
        return {"wall": self.cleaned_data["wall"], "reason": self.cleaned_data.get("reason", "")}


class AbsenceForm(forms.Form):
    """Hours or days they are away, on the wall of their own country."""

    LONGEST = timedelta(days=366)

    starts = WallField(label=_("From"))
    ends = WallField(label=_("Until"))
    note = LineField(
        label=_("Note"), max_length=120, required=False, help_text=_("Only you see it.")
    )

    def __init__(self, *args, zone: str, at: datetime, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone, self.at = zone, at

    def _instant(self, name: str) -> datetime:
        try:
            return instant(self.cleaned_data[name], self.zone)
        except Refusal as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean_starts(self):
        return self._instant("starts")

    def clean_ends(self):
        return self._instant("ends")

    def clean(self):
        cleaned = super().clean()
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end must be after the beginning."))
        elif starts and ends and ends - starts > self.LONGEST:
            self.add_error("ends", _("One absence lasts a year at most."))
        elif ends and ends <= self.at:
            self.add_error("ends", _("This is over already."))
        return cleaned


class WeekForm(forms.Form):
    """Which week of the calendar; anything unreadable is this one."""

    week = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def shown(self, otherwise: date) -> date:
        found = self.cleaned_data.get("week") if self.is_valid() else None
        return found if found and EARLIEST <= found <= LATEST else otherwise


class AreaForm(forms.Form):
    """How far they go, and whether they are asked at night (rule D1, D7)."""

    night_pool = forms.BooleanField(
        label=_("Show me urgent jobs also at night, silently"),
        required=False,
    )

    @classmethod
    def of(cls, technician: Technician, policy: Policy, data=None) -> "AreaForm":
        """With the bounds and the quiet hours of the policy in force."""
        initial = {"radius_km": technician.radius_m // 1000, "night_pool": technician.night_pool}
        form = cls(data, initial=initial)
        least, most = -(-policy.area_min_m // 1000), policy.area_max_m // 1000
        form.fields["radius_km"] = forms.IntegerField(
            label=_("How far you go, in kilometres"),
            min_value=least,
            max_value=most,
            help_text=_("From %(least)d to %(most)d km round your postcode.")
            % {"least": least, "most": most},
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )
        form.order_fields(["radius_km", "night_pool"])
        night = {"from": f"{policy.night_from:%H:%M}", "to": f"{policy.night_to:%H:%M}"}
        form.fields["night_pool"].help_text = (
            _("Between %(from)s and %(to)s. What you let pass then does not count.") % night
        )
        return form
