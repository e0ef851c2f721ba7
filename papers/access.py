"""The only roads to a paper for a person (rule M8).

Somebody else's is not found, never forbidden (fault A1, A9).
"""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from papers.models import Audience, Paper, PaperFile
from payments.access import Payee
from requests_app import deadlines
from requests_app.access import booking_by_link, reveal_contact
from requests_app.models import Booking, ContactAccess

PRINTED = Paper.objects.filter(file__isnull=False)


def papers_of_booking(booking: Booking) -> QuerySet[Paper]:
    """What the customer may open, by the link of the booking: their own papers, as far as they are
    printed.
    """
    return PRINTED.filter(booking=booking, audience=Audience.CUSTOMER).order_by("pk")


def file_by_link(token: str, uuid: UUID) -> PaperFile:
    """The PDF of one of them. Raises Http404, or LinkEnded."""
    return _file(papers_of_booking(booking_by_link(token)).filter(uuid=uuid))


def papers_of_payee(payee: Payee) -> QuerySet[Paper]:
    """The partner's: made for them, or in their name.

    They are the company's, so its owner's alone to see.
    """
    if not payee.owns:
        return Paper.objects.none()
    mine = PRINTED.filter(partner=payee.partner).select_related("booking")
    return mine.order_by("-issued_at", "-pk")


def may_open(payee: Payee, paper: Paper) -> bool:
    """Whether they may open it now. One made for a customer says where they live, as contact data
    does (rule D8).

    What the caller holds may be old: `file_for_payee` asks again.
    """
    booking = paper.booking
    if paper.audience == Audience.PARTNER or booking is None:
        return paper.audience == Audience.PARTNER
    if (
        payee.technician is None
        or booking.technician_id != payee.technician.pk
        or booking.signed_off_at is None
    ):
        return False
    return mila_now() < deadlines.contact_until(booking.signed_off_at, booking.policy)


def file_for_payee(payee: Payee, uuid: UUID) -> PaperFile:
    """The PDF of one of the partner's papers. Of one for a customer it is a look at contact data,
    and leaves its row.

    Raises Http404.
    """
    paper = papers_of_payee(payee).filter(uuid=uuid).first()
    if paper is None or not may_open(payee, paper):
        raise Http404
    if paper.audience == Audience.CUSTOMER:
        assert paper.booking is not None
        assert payee.technician is not None
        if reveal_contact(paper.booking, payee.technician, reason="invoice") is None:
            raise Http404
    return _file(Paper.objects.filter(pk=paper.pk))


@verb
def file_for_staff(user: User, pk: int) -> PaperFile:
    """The same for staff. One for a customer needs the right over contact data, and leaves a row
    (fault A11).
    """
    if not user.has_perm("papers.view_paper"):
        raise Http404
    file = _file(PRINTED.filter(pk=pk))
    if file.paper.audience == Audience.CUSTOMER:
        if not user.has_perm("requests_app.view_bookingcontact"):
            raise Http404
        assert file.paper.booking is not None
        ContactAccess.objects.create(
            booking=file.paper.booking, user=user, reason="paper", at=mila_now()
        )
    return file


def _file(papers: QuerySet[Paper]) -> PaperFile:
    file = PaperFile.objects.select_related("paper").filter(paper__in=papers).first()
    if file is None:
        raise Http404
    return file
