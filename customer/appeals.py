"""What became of an appeal against a decision of ours, for the booking's page (rule L17)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

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

    @property
    def is_overturned(self) -> bool:
        return self.found is not None and self.found.verdict == Verdict.OVERTURNED


def appeal_state(
    booking: Booking, events: Iterable[BookingEvent], at: datetime
) -> AppealState | None:
    """None where nothing was decided that the customer pays for, or its time is over."""
    if not any(event.move in contesting.OUTCOMES for event in events):
        return None
    found = DecisionAppeal.objects.filter(booking=booking).order_by("-pk").first()
    if found is not None:
        return AppealState(booking.timezone, found)
    decision = contesting.decision_of(booking)
    if decision is None or at >= contesting.until_at(booking, decision):
        return None
    return AppealState(
        booking.timezone,
        url=reverse("customer:appeal", args=[booking.token]),
        until_at=contesting.until_at(booking, decision),
        why=decision.reason,
    )
