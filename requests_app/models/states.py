"""The states of a booking, and the groups of them that rules are about."""

from django.db import models


class State(models.TextChoices):
    """Where a booking stands.

    Nobody reads these names: each side has a table of words (customer.wording, partner.wording,
    backoffice.wording).
    """

    DRAFT = "draft"
    SEARCHING = "searching"
    CLAIMED = "claimed"
    CALLED = "called"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"
    CONTESTED = "contested"
    SIGNED_OFF = "signed_off"
    SETTLED = "settled"
    FAILED = "failed"
    UNFILLED = "unfilled"
    CANCELLED = "cancelled"


S = State
HAS_PARTNER = frozenset(State) - {S.DRAFT, S.SEARCHING, S.UNFILLED, S.CANCELLED}
BEFORE_DEPARTURE = frozenset({S.CLAIMED, S.CALLED, S.UNCONFIRMED, S.CONFIRMED})
CANCELLABLE = frozenset({S.DRAFT, S.SEARCHING, S.UNFILLED}) | BEFORE_DEPARTURE
ADJUSTABLE = CANCELLABLE - {S.DRAFT}  # the customer may still say how to find the door
ENDED = frozenset({S.SETTLED, S.FAILED, S.CANCELLED})
LIVE = frozenset(State) - ENDED - {S.DRAFT}
OFFERED = frozenset({S.SEARCHING, S.UNCONFIRMED})  # dispatch may find somebody
AT_THE_DOOR = frozenset({S.ARRIVED, S.IN_PROGRESS})
AT_WORK = AT_THE_DOOR | {S.EN_ROUTE}
# A further version of the price may be proposed and answered: from the call to the end of the work
# (rule L10).
NEGOTIABLE = frozenset({S.CALLED, S.UNCONFIRMED, S.CONFIRMED}) | AT_WORK
