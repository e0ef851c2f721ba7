"""The facts of an invoice between businesses as Factur-X, profile EN 16931 (law R4).

From the paper alone.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from drafthorse.models.accounting import ApplicableTradeTax
from drafthorse.models.document import Document
from drafthorse.models.note import IncludedNote
from drafthorse.models.party import TaxRegistration
from drafthorse.models.payment import PaymentMeans
from drafthorse.models.tradelines import LineItem

from papers.contents import issued_on
from papers.models import Audience, Paper, PaperKind

PROFILE = "urn:cen.eu:en16931:2017"
SCHEMA = "FACTUR-X_EN16931"
INVOICE, CREDIT_NOTE, SELF_BILLED, SELF_BILLED_CREDIT_NOTE = "380", "381", "389", "261"
CLEARING = "97"  # settled between the partners
PIECE = "C62"


def is_due(paper: Paper) -> bool:
    """Invoices between Mila and a partner, and what corrects them."""
    return paper.audience == Audience.PARTNER and paper.kind != PaperKind.STATEMENT


def xml(paper: Paper) -> bytes:
    """Raises where it would not be valid against its schema."""
    data = paper.data
    document = Document()
    document.context.guideline_parameter.id = PROFILE
    document.header.id = paper.number
    document.header.type_code = _type(paper)
    document.header.issue_date_time = date.fromisoformat(issued_on(paper.issued_at))
    for words in (data["vat"]["why"], data.get("by_mandate", "")):
        if words:
            note = IncludedNote()
            note.content = words
            document.header.notes.add(note)
    _party(document.trade.agreement.seller, data["issuer"])
    if not data["issuer"]["vat"]:
        number = TaxRegistration(id=("FC", data["issuer"]["register"]))
        document.trade.agreement.seller.tax_registrations.add(number)
    _party(document.trade.agreement.buyer, data["to"])
    document.trade.delivery.event.occurrence = date.fromisoformat(data["done_on"])
    document.trade.settlement.currency_code = paper.currency
    document.trade.settlement.payment_means.add(PaymentMeans(type_code=CLEARING))
    document.trade.items.add(_line(data))
    document.trade.settlement.trade_tax.add(_tax(data["vat"]))
    _sums(document.trade.settlement.monetary_summation, paper)
    if paper.corrects is not None:
        document.trade.settlement.invoice_referenced_document.issuer_assigned_id = (
            paper.corrects.number
        )
    return document.serialize(schema=SCHEMA)


def _type(paper: Paper) -> str:
    itself = PaperKind(paper.corrects.kind if paper.corrects else paper.kind)
    if itself == PaperKind.SELF_BILL:
        return SELF_BILLED_CREDIT_NOTE if paper.corrects else SELF_BILLED
    return CREDIT_NOTE if paper.corrects else INVOICE


def _party(party: Any, facts: dict[str, Any]) -> None:
    party.name = facts["name"]
    party.address.country_id = facts["country"]
    if facts.get("whole"):
        party.address.line_one = ", ".join(facts["lines"])
    else:
        party.address.line_one = facts["lines"][0]
        party.address.postcode, _space, party.address.city_name = facts["lines"][-1].partition(" ")
    if facts["register"]:
        party.legal_organization.id = (
            "0002" if facts["country"] == "FR" else "0183",
            facts["register"],
        )
    if facts["vat"]:
        party.tax_registrations.add(TaxRegistration(id=("VA", facts["vat"])))


def _line(data: dict[str, Any]) -> LineItem:
    """The whole in one line: so net, VAT and total are those of the paper to the cent."""
    item, vat = LineItem(), data["vat"]
    net = _amount(vat["net_cents"])
    item.document.line_id = "1"
    item.product.name = data["lines"][0]["label"]
    item.agreement.net.amount = net
    item.agreement.net.basis_quantity = (Decimal(1), PIECE)
    item.delivery.billed_quantity = (Decimal(1), PIECE)
    item.settlement.trade_tax.type_code = "VAT"
    item.settlement.trade_tax.category_code = _category(vat)
    item.settlement.trade_tax.rate_applicable_percent = _rate(vat)
    item.settlement.monetary_summation.total_amount = net
    return item


def _tax(vat: dict[str, Any]) -> ApplicableTradeTax:
    tax = ApplicableTradeTax()
    tax.calculated_amount = _amount(vat["vat_cents"])
    tax.basis_amount = _amount(vat["net_cents"])
    tax.type_code = "VAT"
    tax.category_code = _category(vat)
    tax.rate_applicable_percent = _rate(vat)
    if vat["why"]:
        tax.exemption_reason = vat["why"]
    return tax


def _sums(total: Any, paper: Paper) -> None:
    vat = paper.data["vat"]
    gross, zero = _amount(paper.total_cents), _amount(0)
    total.line_total = total.tax_basis_total = _amount(vat["net_cents"])
    total.charge_total = total.allowance_total = zero
    total.tax_total = (_amount(vat["vat_cents"]), paper.currency)
    total.grand_total = total.prepaid_total = gross
    total.due_amount = zero


def _category(vat: dict[str, Any]) -> str:
    """Standard, or exempt with its reason."""
    return "S" if vat["bp"] else "E"


def _rate(vat: dict[str, Any]) -> Decimal:
    return Decimal(vat["bp"]) / 100


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
