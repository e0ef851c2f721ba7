"""Which channel a notice takes next, and when the one after it (rule N1, L6).

Pure but for what it asks the channels: whether they can reach the person, and what the person has
switched off.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.channels import CHANNELS
from accounts.models import NoticeChoice, Notification
from accounts.notice_rows import Channel, Urgency
from places.calendar import night_around
from policy.figures import Policy
from policy.queries import policy_at

PUSH, SMS, EMAIL, CALL = Channel.PUSH, Channel.SMS, Channel.EMAIL, Channel.CALL
RUNGS: dict[str, tuple[Channel, ...]] = {
    Urgency.CALM: (EMAIL,),
    Urgency.PASSING: (PUSH,),  # a mail about it would come too late to be of use
    Urgency.LIGHT: (PUSH, EMAIL),
    Urgency.SOON: (PUSH, SMS, EMAIL),
    Urgency.NOW: (PUSH, SMS, EMAIL),
    Urgency.VITAL: (PUSH, SMS, EMAIL, CALL),
}
SILENT = frozenset({EMAIL})  # wakes nobody
# a window of minutes, somebody at the door: it is true now or never
MAY_WAKE = frozenset({Urgency.NOW, Urgency.PASSING})
ZONE = "Europe/Paris"  # of a notice that is about no place


@dataclass(frozen=True)
class Step:
    """By which channel now (None: by none), and when the ladder looks again
    (None: it has ended).
    """

    channel: Channel | None
    again_at: datetime | None


def next_step(row: Notification, tried: frozenset[str], at: datetime) -> Step:
    """The first channel that was not tried and can reach them. In quiet hours a silent one; the
    others wait for day.

    Where none can and nothing has left, the mail is tried, whatever we think of its address: none
    is lost.
    """
    if row.urgency == Urgency.CALM:
        return Step(None if EMAIL in tried else EMAIL, None)
    left = [rung for rung in _wanted(row) if rung not in tried]
    able = [rung for rung in left if CHANNELS[rung].can_reach(row)]
    if not able and row.sent_at is None and EMAIL in left:
        able = [EMAIL]
    if not able:
        return Step(None, None)
    policy = policy_at(at, row.context.get("country") or "FR")
    morning = (
        None
        if row.urgency in MAY_WAKE
        else quiet_until(at, row.context.get("zone") or ZONE, policy)
    )
    if morning is not None:
        silent = next((rung for rung in able if rung in SILENT), None)
        return Step(silent, morning if silent is None or len(able) > 1 else None)
    wait = policy.offer_ack_limit if row.urgency == Urgency.NOW else policy.ladder_step
    return Step(able[0], at + wait if len(able) > 1 else None)


def _wanted(row: Notification) -> tuple[Channel, ...]:
    without = left_out(row.user_id) if row.user_id else []
    return tuple(rung for rung in RUNGS[row.urgency] if rung not in without)


def left_out(user_id: int) -> list[str]:
    """The channels this person has switched off."""
    chosen = NoticeChoice.objects.filter(user=user_id).first()
    return list(chosen.without) if chosen else []


def quiet_until(at: datetime, zone: str, policy: Policy) -> datetime | None:
    """When the quiet hours that hold this instant end; None by day."""
    night = night_around(at, zone, policy.night_from, policy.night_to)
    return night[1] if night else None
