"""What a partner says against a fault or a suspension, and what a person decides about it
(rule L17, P3).
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import notifications
from accounts.actions import appeal_until, lock_partner, reinstate
from accounts.models import Suspension, Technician, User
from mila.clock import MilaNow, mila_now
from mila.errors import Refusal
from mila.sweeping import handle_each
from mila.transactions import verb
from places.place import TIME_ZONES
from policy.queries import policy_at
from requests_app import deadlines, fault_ledger
from requests_app.actions.photographing import taken_in
from requests_app.lifecycle import lock_booking
from requests_app.models import (
    Appeal,
    Booking,
    BookingPhoto,
    Fault,
    FaultEntry,
    FaultKind,
    State,
    Verdict,
    VoidReason,
)
from requests_app.photos.decoder import Redrawn


class AppealTooLate(Refusal):
    sentence = _("The time to appeal is over.")


class NothingToAppeal(Refusal):
    sentence = _("Nothing is held against you here any more.")


class AppealDecided(Refusal):
    sentence = _("This was decided meanwhile. Please look at it once more.")


def appeal_fault(
    technician: Technician, uuid: UUID, *, words: str, picture: Redrawn | None, by: User
) -> Appeal:
    """Against one of their own faults, once, until its time is over; a repeat returns the first.

    No transaction of the caller's. Raises FaultEntry.DoesNotExist, AppealTooLate, NothingToAppeal,
    NoRoomForPhotos.
    """
    with taken_in(picture) as photo:
        return _appeal_fault(technician, uuid, words, photo, by)


def appeal_suspension(
    technician: Technician, uuid: UUID, *, words: str, picture: Redrawn | None, by: User
) -> Appeal:
    """Against the suspension of their partner, likewise. Raises Suspension.DoesNotExist."""
    with taken_in(picture) as photo:
        return _appeal_suspension(technician, uuid, words, photo, by)


@verb
def _appeal_fault(
    technician: Technician, uuid: UUID, words: str, photo: BookingPhoto | None, by: User
) -> Appeal:
    mine = FaultEntry.objects.filter(uuid=uuid, technician=technician)
    lock_booking(mine.get().booking_id)
    row = mine.get()
    if (there := Appeal.objects.filter(fault=row).first()) is not None:
        return there
    at = mila_now()
    if row.void_at is not None or row.appeal_until_at is None:
        raise NothingToAppeal
    if at >= row.appeal_until_at:
        raise AppealTooLate
    return _write(
        Appeal(fault=row, partner=technician.partner, by=by, words=words.strip()), photo, at
    )


@verb
def _appeal_suspension(
    technician: Technician, uuid: UUID, words: str, photo: BookingPhoto | None, by: User
) -> Appeal:
    partner = lock_partner(technician.partner_id)
    row = Suspension.objects.get(uuid=uuid, partner=partner)
    if (there := Appeal.objects.filter(suspension=row).first()) is not None:
        return there
    at = mila_now()
    if row.ended_at is not None:
        raise NothingToAppeal
    if at >= appeal_until(row):
        raise AppealTooLate
    return _write(Appeal(suspension=row, partner=partner, by=by, words=words.strip()), photo, at)


def _write(appeal: Appeal, photo: BookingPhoto | None, at: datetime) -> Appeal:
    country = appeal.partner.country
    days, zone = policy_at(at, country).appeal_working_days, TIME_ZONES[country]
    appeal.at = at
    appeal.due_at = deadlines.working_days_later(at, days, zone, country)
    appeal.warn_at = deadlines.working_days_later(at, days - 1, zone, country)
    appeal.save(force_insert=True)
    if photo is not None:
        photo.appeal, photo.delete_after_at = appeal, None
        photo.save(update_fields=["appeal", "delete_after_at"])
    _tell_ops(appeal, "appeal_ops")
    return appeal


# --- The desk


@verb
def decide(appeal_id: int, *, verdict: str, reason: str, by: User, who: str = "") -> Appeal:
    """A person has looked at it. Overturned: the points are gone, the mark on the job too, or the
    suspension ends.

    `who`: who caused a visit in vain, if not the partner. A repeat of the same verdict returns it;
    another one raises AppealDecided and changes nothing. Money is payments.ways', by the same act.
    """
    found = Appeal.objects.select_related("fault").get(pk=appeal_id)
    booking = lock_booking(found.fault.booking_id) if found.fault else None
    if booking is None:
        lock_partner(found.partner_id)
    appeal = (
        Appeal.objects.select_for_update(of=("self",))
        .select_related("fault", "partner", "by")
        .get(pk=appeal_id)
    )
    if appeal.verdict:
        if appeal.verdict != verdict:
            raise AppealDecided
        return appeal
    at = mila_now()
    appeal.verdict, appeal.reason, appeal.decided_at, appeal.decided_by = (
        Verdict(verdict),
        reason.strip(),
        at,
        by,
    )
    appeal.warn_at = None
    appeal.save(update_fields=["verdict", "reason", "decided_at", "decided_by", "warn_at"])
    if verdict == Verdict.OVERTURNED:
        if booking is not None and appeal.fault is not None:
            _overturn(booking, appeal.fault, who or Fault.NOBODY, at)
        else:
            reinstate(appeal.partner_id, by=by)  # the reason is the appeal's, encrypted there
    _tell_partner(appeal)
    return appeal


def _overturn(booking: Booking, row: FaultEntry, who: str, at: datetime) -> None:
    """Its figures are as if it had not been (rule L17): the caps read the mark on the assignment
    (fault A4).
    """
    fault_ledger.void(row, VoidReason.APPEAL, at)
    if (
        row.assignment is not None
        and not row.assignment.faults.filter(void_at=None, who=Fault.PARTNER).exists()
    ):
        row.assignment.fault = False
        row.assignment.save(update_fields=["fault"])
    if row.kind == FaultKind.FAILED_VISIT and booking.state == State.FAILED:
        booking.end_fault = who
        booking.save(update_fields=["end_fault"])


def sweep_appeals() -> int:
    """Staff hear of those that are to be decided within a working day (rule L17).

    Answers how many there were.
    """
    waiting = (
        Appeal.objects.filter(warn_at__lte=MilaNow())
        .order_by("warn_at")
        .values_list("pk", flat=True)[:100]
    )
    return sum(handle_each(warn, list(waiting)))


@verb
def warn(appeal_id: int) -> bool:
    """One of them, once; False when somebody else has it or it was decided."""
    locked = Appeal.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "partner"
    )
    appeal = locked.filter(pk=appeal_id, warn_at__lte=MilaNow()).first()
    if appeal is None:
        return False
    appeal.warn_at = None
    appeal.save(update_fields=["warn_at"])
    _tell_ops(appeal, "appeal_due_ops")
    return True


def _tell_ops(appeal: Appeal, kind: str) -> None:
    notifications.queue(
        kind=kind,
        subject_id=appeal.uuid,
        round=0,
        email=settings.OPS_EMAIL,
        language="fr",
        context={
            "partner": appeal.partner.name,
            "due_at": appeal.due_at,
            "zone": TIME_ZONES[appeal.partner.country],
            "link": f"{settings.SITE_URL}/admin/requests_app/appeal/{appeal.pk}/change/",
        },
    )


def _tell_partner(appeal: Appeal) -> None:
    """That it is decided, and how; the reasons stand on their page."""
    notifications.queue(
        kind="appeal_decided",
        subject_id=appeal.uuid,
        round=0,
        user=appeal.by,
        email=appeal.by.email,
        language=appeal.by.language,
        context={
            "country": appeal.partner.country,
            "overturned": appeal.verdict == Verdict.OVERTURNED,
            "link": f"{settings.SITE_URL}/partner/faults/",
        },
    )
