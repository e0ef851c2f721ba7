"""The working week: up to two spans a day, so that a break at noon can be said (rule D1)."""

from collections.abc import Iterable
from datetime import time

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import WeeklyHours

SPANS = 2  # of one day


class HoursForm(forms.Form):
    """For each weekday `opens` and `closes`, once for the morning and once for what follows a
    break.
    """

    def __init__(self, *args, hours: Iterable[WeeklyHours] = (), **kwargs):
        super().__init__(*args, **kwargs)
        kept: dict[int, list[WeeklyHours]] = {day: [] for day in range(7)}
        for one in hours:
            kept[one.weekday].append(one)
        for day, span in ((day, span) for day in range(7) for span in range(SPANS)):
            known = kept[day][span] if span < len(kept[day]) else None
            for name, label in (("opens", _("From")), ("closes", _("Until"))):
                self.fields[f"{name}-{day}-{span}"] = forms.TimeField(
                    label=label,
                    required=False,
                    initial=known and getattr(known, name),
                    widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                )

    def days(self) -> list[tuple[str, list[tuple]]]:
        """Each weekday with its pairs of fields, for the page."""
        return [
            (
                str(WEEKDAYS[day]),
                [
                    (self[f"opens-{day}-{span}"], self[f"closes-{day}-{span}"])
                    for span in range(SPANS)
                ],
            )
            for day in range(7)
        ]

    def clean(self):
        cleaned = super().clean()
        for name in [name for name in self.fields if name.startswith("opens-")]:
            other = name.replace("opens", "closes")
            if name in self.errors or other in self.errors:
                continue
            if (cleaned.get(name) is None) != (cleaned.get(other) is None):
                self.add_error(other, ValidationError(_("Please give both hours, or neither.")))
        return cleaned

    @property
    def hours(self) -> list[tuple[int, time, time]]:
        found = self.cleaned_data
        spans = [(day, span) for day in range(7) for span in range(SPANS)]
        pairs = [
            (day, found[f"opens-{day}-{span}"], found[f"closes-{day}-{span}"])
            for day, span in spans
        ]
        return [(day, opens, closes) for day, opens, closes in pairs if opens is not None]
