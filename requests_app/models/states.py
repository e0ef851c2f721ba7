"""The states of a booking, and the groups of them that rules are about."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    """Where a booking stands. The labels are what staff read; people get sentences (requests_app.wording)."""

    DRAFT = "draft", _("Draft")
    SEARCHING = "searching", _("Searching")
    CLAIMED = "claimed", _("Claimed")
    CALLED = "called", _("Called")
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    EN_ROUTE = "en_route", _("En route")
    ARRIVED = "arrived", _("Arrived")
    IN_PROGRESS = "in_progress", _("In progress")
    FINISHED = "finished", _("Finished")
    CONTESTED = "contested", _("Contested")
    SIGNED_OFF = "signed_off", _("Signed off")
    SETTLED = "settled", _("Settled")
    FAILED = "failed", _("Failed visit")
    UNFILLED = "unfilled", _("Unfilled")
    CANCELLED = "cancelled", pgettext_lazy("booking", "Cancelled")


S = State
HAS_PARTNER = frozenset(State) - {S.DRAFT, S.SEARCHING, S.UNFILLED, S.CANCELLED}
BEFORE_DEPARTURE = frozenset({S.CLAIMED, S.CALLED, S.UNCONFIRMED, S.CONFIRMED})
CANCELLABLE = frozenset({S.DRAFT, S.SEARCHING, S.UNFILLED}) | BEFORE_DEPARTURE
ADJUSTABLE = CANCELLABLE - {S.DRAFT}  # the customer may still say how to find the door
ENDED = frozenset({S.SETTLED, S.FAILED, S.CANCELLED})
LIVE = frozenset(State) - ENDED - {S.DRAFT}
OFFERED = frozenset({S.SEARCHING, S.UNCONFIRMED})  # dispatch may find somebody
AT_WORK = frozenset({S.EN_ROUTE, S.ARRIVED, S.IN_PROGRESS})
