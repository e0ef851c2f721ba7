"""Partners with their details, and charges that are paid, for papers."""

import io

from pypdf import PdfReader

from mila.clock import mila_now
from papers import actions, printing
from papers.models import Billing, GivenBack, Paper
from payments.models import Charge
from tests import factories
from tests.payments import cast as paid

FRIEND = {"name": "Yanis Corvel", "street": "12 rue des Lilas", "postcode": "69007", "city": "Lyon",
          "register_number": "732829320", "vat_number": ""}  # fmt: skip
PRO = {**FRIEND, "name": "Rivale Services SARL", "vat_number": "FR44732829320"}


def billing_of(technician, **facts) -> Billing:
    """Their details, with the mandate."""
    kept = {**(FRIEND if technician.partner.is_friend else PRO), **facts}
    return Billing.objects.create(partner=technician.partner, mandate_at=mila_now(), **kept)


def paid_job(payer, technician, **kwargs) -> Charge:
    """Signed, charged and paid; nothing is printed yet."""
    booking = paid.signed_booking(payer, paid.saved_card(payer), technician, **kwargs)
    return paid.charged(booking)


def papers_of(charge: Charge) -> dict[str, Paper]:
    """Issued now, by the end of their keys: receipt, service, fee, mila, commission, self_bill."""
    actions.issue_for_charge(charge.pk)
    return {paper.key.rpartition("-")[2]: paper for paper in Paper.objects.filter(charge=charge)}


def credit(charge: Charge, *, key: str = "refund-1", **parts: int) -> list[Paper]:
    """The credit notes of a refund in these parts; answers the new ones."""
    parts = {"booking_fee_cents": 0, **parts}
    actions.give_back(GivenBack(key=key, charge=charge, at=mila_now(), **parts))
    return actions.issue_for_charge(charge.pk)


def reader(paper: Paper) -> PdfReader:
    return PdfReader(io.BytesIO(printing.print_paper(paper.pk).pdf))


def text(paper: Paper) -> str:
    """All words of its PDF, with plain spaces."""
    words = " ".join(page.extract_text() for page in reader(paper).pages)
    return " ".join(
        words.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").split()
    )


def pro(**kwargs):
    return paid.payee(partner__kind="pro", user__name="Inès Rivale", **kwargs)


def swiss_payer():
    return factories.UserFactory(name="Reto Muster", email="reto@example.com", language="de")
