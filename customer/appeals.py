"""What became of an appeal against a decision of ours, for the booking's page (rule L17)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from payments import appeals
from requests_app.actions import contesting
from requests_app.models import Booking, BookingEvent, DecisionAppeal, Verdict


@dataclass(frozen=True)
class AppealState:
    """`found` where one was made; else the `url` where one is, before `until_at`."""

    zone: str
    found: DecisionAppeal | None = None
    url: str = ""
    until_at: datetime | None = None
    why: str = ""
    photo_url: str = ""

    @property
    def is_overturned(self) -> bool:
        return self.found is not None and self.found.verdict == Verdict.OVERTURNED

    @property
    def gave_back(self) -> bool:
        """What was paid goes back; else less of it is owed."""
        return self.found is not None and appeals.gave_back(self.found)


def appeal_state(
    booking: Booking, events: Iterable[BookingEvent], at: datetime
) -> AppealState | None:
    """None where nothing was decided that the customer pays for, or its time is over."""
    if not any(event.move in contesting.OUTCOMES for event in events):
        return None
    made = DecisionAppeal.objects.filter(booking=booking).select_related("photo")
    found = made.order_by("-pk").first()
    if found is not None:
        return AppealState(booking.timezone, found, photo_url=_photo_url(booking, found))
    decision = contesting.decision_of(booking)
    if decision is None or at >= contesting.until_at(booking, decision):
        return None
    return AppealState(
        booking.timezone,
        url=reverse("customer:appeal", args=[booking.token]),
        until_at=contesting.until_at(booking, decision),
        why=decision.reason,
    )


def _photo_url(booking: Booking, found: DecisionAppeal) -> str:
    photo = found.kept_photo
    return reverse("customer:photo", args=[booking.token, photo.key]) if photo else ""
