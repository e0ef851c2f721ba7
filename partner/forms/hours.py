"""The working week: up to two spans a day, so that a break at noon can be said (rule D1)."""

from collections.abc import Iterable
from datetime import time

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.actions import HoursOverlap, HoursWithoutLength
from accounts.models import WeeklyHours

SPANS = 2  # of one day
HOURS = (
    ("opens", pgettext_lazy("an hour of the day", "From")),
    ("closes", pgettext_lazy("an hour of the day", "Until")),
)


class HoursForm(forms.Form):
    """For each weekday `opens` and `closes`, once for the morning and once for what follows a
    break.
    """

    def __init__(self, *args, hours: Iterable[WeeklyHours] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.short: dict[str, Promise] = {}  # of each field; the day stands above it
        kept: dict[int, list[WeeklyHours]] = {day: [] for day in range(7)}
        for one in hours:
            kept[one.weekday].append(one)
        for day, span in ((day, span) for day in range(7) for span in range(SPANS)):
            known = kept[day][span] if span < len(kept[day]) else None
            for name, label in HOURS:
                field = forms.TimeField(
                    label=f"{capfirst(WEEKDAYS[day])}, {label.lower()}",
                    required=False,
                    initial=known and getattr(known, name),
                    widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                )
                self.short[f"{name}-{day}-{span}"] = label
                self.fields[f"{name}-{day}-{span}"] = field

    def days(self) -> list[tuple[str, list[tuple]]]:
        """Each weekday with its pairs of fields, for the page."""
        return [
            (
                str(WEEKDAYS[day]),
                [
                    tuple(self._named(f"{name}-{day}-{span}") for name, _label in HOURS)
                    for span in range(SPANS)
                ],
            )
            for day in range(7)
        ]

    def _named(self, name: str) -> tuple:
        return self[name], self.short[name]

    def clean(self):
        cleaned = super().clean()
        for name in [name for name in self.fields if name.startswith("opens-")]:
            other = name.replace("opens", "closes")
            if name in self.errors or other in self.errors:
                continue
            if (cleaned.get(name) is None) != (cleaned.get(other) is None):
                self.add_error(other, ValidationError(_("Please give both hours, or neither.")))
        for day in range(7):
            self._look_at(day, cleaned)
        return cleaned

    def _look_at(self, day: int, cleaned: dict) -> None:
        """What the verb would refuse of the whole week is said beside its day."""
        ends: list[tuple[time, time]] = []
        for span in range(SPANS):
            opens, closes = (cleaned.get(f"{name}-{day}-{span}") for name, _label in HOURS)
            if opens is None or closes is None:
                continue
            if closes <= opens:
                self.add_error(f"closes-{day}-{span}", HoursWithoutLength.sentence)
            elif any(
                opens < other_closes and other_opens < closes for other_opens, other_closes in ends
            ):
                self.add_error(f"opens-{day}-{span}", HoursOverlap.sentence)
            ends.append((opens, closes))

    @property
    def hours(self) -> list[tuple[int, time, time]]:
        found = self.cleaned_data
        spans = [(day, span) for day in range(7) for span in range(SPANS)]
        pairs = [
            (day, found[f"opens-{day}-{span}"], found[f"closes-{day}-{span}"])
            for day, span in spans
        ]
        return [(day, opens, closes) for day, opens, closes in pairs if opens is not None]
