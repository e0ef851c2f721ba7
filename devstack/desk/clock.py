"""Moving the demo's clock: only ahead, and only mila_now().

Sign-in, codes, signatures stay on the machine's clock.
"""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from devstack.instants import PARIS
from mila.clock import mila_now, set_clock
from places.calendar import next_morning
from policy.queries import policy_at
from requests_app.models import Booking, State
from simulation.outlook import promised

STEPS = {
    "minutes": _("+10 minutes"),
    "hours": _("+2 hours"),
    "promise": _("Next promise"),
    "morning": _("Next morning"),
    "visit": _("Half an hour before the next visit"),
}
BEFORE_VISIT = timedelta(minutes=30)


def move(step: str) -> datetime | None:
    """Let the product's clock go on from where the step leads to; None when that is nowhere, and
    nothing moves.
    """
    now = mila_now()
    match step:
        case "minutes":
            target = now + timedelta(minutes=10)
        case "hours":
            target = now + timedelta(hours=2)
        case "promise":
            target = min((at for _sweep, at in promised() if at > now), default=None)
        case "morning":
            target = next_morning(now, PARIS, policy_at(now, "FR").night_to)
        case "visit":
            ahead = Booking.objects.filter(state=State.CONFIRMED, start_at__gt=now + BEFORE_VISIT)
            start = ahead.aggregate(start=Min("start_at"))["start"]
            target = start and start - BEFORE_VISIT
        case _:
            raise KeyError(step)
    if target is not None:
        set_clock(target)
    return target
