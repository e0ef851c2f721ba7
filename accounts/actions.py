"""What technicians change about themselves, and what ops decide about a partner."""

from collections.abc import Iterable
from datetime import datetime, time
from itertools import pairwise

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from accounts import notifications
from accounts.calendar_rows import CalendarFeed, new_feed_token
from accounts.models import (
    CalendarEntry,
    CalendarEntryKind,
    DeadAddress,
    NoticeChoice,
    PartnerProfile,
    Suspension,
    Technician,
    User,
    WeeklyHours,
)
from accounts.notice_rows import Channel
from accounts.search import lock_technician, refresh_search_rows
from mila.cleaning import canonical_email
from mila.clock import mila_now
from mila.encrypted_fields import fingerprint
from mila.errors import Refusal
from mila.transactions import verb
from places.place import TIME_ZONES
from policy.queries import policy_at


class TimeTaken(Refusal):
    sentence = _("You already have a job or an absence in this time.")


class AreaOutOfBounds(Refusal):
    sentence = _("This area is too small or too large.")


class HoursOverlap(Refusal):
    sentence = _("Two of these hours overlap.")


class HoursWithoutLength(Refusal):
    sentence = _("The end must be after the beginning.")


class SuspensionWithoutReason(Refusal):
    sentence = _("A suspension states its reason, and what it rests on.")


@verb
def add_absence(
    technician_id: int, *, starts_at: datetime, ends_at: datetime, note: str = ""
) -> CalendarEntry:
    """They are away: nothing is offered for this time. Raises TimeTaken.

    The very same absence again is returned.
    """
    technician = lock_technician(technician_id)
    during = DateTimeTZRange(starts_at, ends_at, "[)")
    same = CalendarEntry.objects.filter(
        technician=technician, kind=CalendarEntryKind.ABSENCE, during=during
    ).first()
    if same is not None:
        return same
    taken = CalendarEntry.objects.filter(technician=technician, during__overlap=during)
    if taken.exclude(kind=CalendarEntryKind.BUSY).exists():
        raise TimeTaken
    return CalendarEntry.objects.create(
        technician=technician, during=during, kind=CalendarEntryKind.ABSENCE, note=note
    )


@verb
def remove_absence(technician_id: int, calendar_entry_id: int) -> bool:
    """They are there after all. False when there is no such absence (any more); a job's time is
    never touched.
    """
    lock_technician(technician_id)
    gone, _rows = CalendarEntry.objects.filter(
        pk=calendar_entry_id, technician_id=technician_id, kind=CalendarEntryKind.ABSENCE
    ).delete()
    return bool(gone)


@verb
def choose_channels(user_id: int, *, without: Iterable[str]) -> NoticeChoice:
    """By which channels they want no notices; never without e-mail: what the law wants in writing
    goes there.
    """
    lost = sorted(set(without) & {Channel.PUSH, Channel.SMS, Channel.CALL})
    return NoticeChoice.objects.update_or_create(user_id=user_id, defaults={"without": lost})[0]


@verb
def try_address_again(email: str) -> bool:
    """Its person says that it takes mails again; the next that comes back says otherwise.

    False: it was not dead.
    """
    return bool(DeadAddress.objects.filter(email=canonical_email(email)).delete()[0])


@verb
def set_area(technician_id: int, *, radius_m: int, night_pool: bool) -> Technician:
    """How far they go, and whether they are asked at night; the search knows it in the same instant
    (rule D1, D7).

    Raises AreaOutOfBounds.
    """
    technician = lock_technician(technician_id)
    policy = policy_at(mila_now(), technician.partner.country)
    if not policy.area_min_m <= radius_m <= policy.area_max_m:
        raise AreaOutOfBounds
    technician.radius_m, technician.night_pool = radius_m, night_pool
    technician.save(update_fields=["radius_m", "night_pool"])
    refresh_search_rows(technician)
    return technician


@verb
def renew_feed(technician_id: int) -> str:
    """A new private address of their calendar, told this once; the old one leads nowhere from now
    on.
    """
    technician, token = lock_technician(technician_id), new_feed_token()
    made = {"token_hash": fingerprint(token), "made_at": mila_now()}
    CalendarFeed.objects.update_or_create(technician=technician, defaults=made)
    return token


@verb
def end_feed(technician_id: int) -> bool:
    """Their calendar has no address any more. False when it had none."""
    lock_technician(technician_id)
    return bool(CalendarFeed.objects.filter(technician_id=technician_id).delete()[0])


@verb
def set_hours(technician_id: int, hours: Iterable[tuple[int, time, time]]) -> Technician:
    """Their working week, whole: (weekday, opens, closes). The search asks the rows themselves: it
    knows at once.

    Jobs they have stay, also outside of it. Raises HoursOverlap, and HoursWithoutLength.
    """
    technician, wanted = lock_technician(technician_id), sorted(hours)
    if any(closes <= opens for _day, opens, closes in wanted):
        raise HoursWithoutLength
    if any(one[0] == other[0] and other[1] < one[2] for one, other in pairwise(wanted)):
        raise HoursOverlap
    WeeklyHours.objects.filter(technician=technician).delete()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(technician=technician, weekday=day, opens=opens, closes=closes)
        for day, opens, closes in wanted
    )
    refresh_search_rows(technician)
    return technician


# --- What ops decide about a partner (rule P1, P3)
# --------------------------------------------------------------


@verb
def approve(partner_id: int) -> PartnerProfile:
    """The partner may be asked from now on, as far as the rest is in order (rule D1).

    A repeat changes nothing.
    """
    partner = lock_partner(partner_id)
    if partner.approved_at is None:
        partner.approved_at = mila_now()
        partner.save(update_fields=["approved_at"])
        refresh_search_rows(*partner.technicians.all())
    return partner


@verb
def suspend(
    partner_id: int, *, reason: str, evidence: str, by: User | None = None
) -> PartnerProfile:
    """Asked no more, shown no contact data from this instant on; a claim of theirs is refused
    (rule P3, D8).

    Their jobs are decided one by one (requests_app.actions.suspending). The partner is told, with
    the way to appeal. A repeat keeps the first reason.
    """
    if not reason.strip() or not evidence.strip():
        raise SuspensionWithoutReason
    partner = lock_partner(partner_id)
    if partner.suspended_at is None:
        at = mila_now()
        partner.suspended_at, partner.suspension_reason = at, reason.strip()
        partner.save(update_fields=["suspended_at", "suspension_reason"])
        row = Suspension.objects.create(
            partner=partner, at=at, reason=reason.strip(), evidence=evidence.strip(), by=by
        )
        refresh_search_rows(*partner.technicians.all())
        _tell(row, "suspended")
    return partner


@verb
def reinstate(partner_id: int, *, reason: str = "", by: User | None = None) -> PartnerProfile:
    """The suspension is over. A repeat changes nothing."""
    partner = lock_partner(partner_id)
    if partner.suspended_at is not None:
        partner.suspended_at, partner.suspension_reason = None, ""
        partner.save(update_fields=["suspended_at", "suspension_reason"])
        row = Suspension.objects.filter(partner=partner, ended_at=None).first()
        if row is not None:
            row.ended_at, row.end_reason, row.ended_by = mila_now(), reason.strip(), by
            row.save(update_fields=["ended_at", "end_reason", "ended_by"])
            _tell(row, "reinstated")
        refresh_search_rows(*partner.technicians.all())
    return partner


def appeal_until(row: Suspension) -> datetime:
    """Until when it can be appealed, by the policy it was spoken under (rule L17)."""
    return row.at + policy_at(row.at, row.partner.country).appeal_window


def _tell(row: Suspension, kind: str) -> None:
    """Each of their technicians, in their own language; the reason stands on the page, behind the
    sign-in.
    """
    until_at = appeal_until(row)
    for technician in row.partner.technicians.select_related("user"):
        notifications.queue(
            kind=kind,
            subject_id=row.uuid,
            round=0,
            user=technician.user,
            email=technician.user.email,
            language=technician.user.language,
            context={
                "country": row.partner.country,
                "appeal_until_at": until_at,
                "zone": TIME_ZONES[row.partner.country],
                "link": f"{settings.SITE_URL}/partner/faults/",
            },
        )


def lock_partner(partner_id: int) -> PartnerProfile:
    return PartnerProfile.objects.select_for_update().get(pk=partner_id)
