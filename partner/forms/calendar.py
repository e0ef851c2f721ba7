"""What the technician's calendar asks: which week, an absence, and how far they go."""

from datetime import date, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician
from mila.errors import Refusal
from mila.public_http import LONGEST_ADDRESS
from mila.web.forms import LineField
from partner.forms.jobs import WallField
from places.calendar import instant
from policy.figures import Policy

EARLIEST, LATEST = date(2020, 1, 6), date(2100, 1, 4)  # what a calendar can show


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


class OtherCalendarForm(forms.Form):
    """The secret address of a calendar kept elsewhere. It opens that calendar, so the browser is
    not to keep it either.
    """

    address = LineField(
        label=_("Secret address of your calendar (iCal)"),
        max_length=LONGEST_ADDRESS,
        help_text=_("It begins with https:// and mostly ends in .ics."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


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
