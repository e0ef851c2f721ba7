"""The running jobs of a suspended partner: each is given to others or left to them, as somebody
decides (rule P3).
"""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile, User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from requests_app.actions.visit import release
from requests_app.lifecycle import Role, lock_booking
from requests_app.models import AT_WORK, BEFORE_DEPARTURE, Assignment, Booking

OPEN = BEFORE_DEPARTURE | AT_WORK  # somebody still has to come, or to finish


class NothingToDecide(Refusal):
    sentence = _(
        "Nothing is to be decided here: the job was given to others or left to them meanwhile."
    )


def running_jobs(partner: PartnerProfile) -> QuerySet[Booking]:
    return (
        Booking.objects.filter(partner=partner, state__in=sorted(OPEN))
        .select_related("service")
        .order_by("start_at")
    )


def undecided_jobs() -> QuerySet[Booking]:
    """Of suspended partners, where nobody has decided yet: those claimed in the same moment are
    among them.
    """
    kept = Assignment.objects.filter(
        booking=OuterRef("pk"), ended_at=None, kept_at__gte=OuterRef("partner__suspended_at")
    )
    suspended = Q(partner__suspended_at__isnull=False)
    return Booking.objects.filter(suspended, ~Exists(kept), state__in=sorted(OPEN))


def waits_for_decision(booking: Booking) -> bool:
    return booking.partner_id is not None and undecided_jobs().filter(pk=booking.pk).exists()


@verb
def keep(booking_id: int) -> Booking:
    """The suspended technician does this job still, and sees what it takes again.

    A repeat changes nothing.
    """
    booking = lock_booking(booking_id)
    running = Assignment.objects.select_for_update(of=("self",)).select_related("partner")
    assignment = running.filter(booking=booking, ended_at=None).first()
    if assignment is None or assignment.partner.suspended_at is None or booking.state not in OPEN:
        raise NothingToDecide
    if assignment.kept_at is None or assignment.kept_at < assignment.partner.suspended_at:
        assignment.kept_at = mila_now()
        assignment.save(update_fields=["kept_at"])
        publish.publish(f"technician:{assignment.technician_id}", "kept")
    return booking


def offer_to_others(booking_id: int, technician_id: int, *, by: User, reason: str) -> Booking:
    """It ends for them without fault, and the search begins anew."""
    return release(booking_id, technician_id, by=by, reason=reason, role=Role.OPS)
