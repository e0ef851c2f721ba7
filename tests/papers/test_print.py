"""The PDF of a paper: its words and amounts, its archive form, the file inside
(rule M8, N2; law R4, R21).
"""

import hashlib
import io
import re
from pathlib import Path

import facturx
import pytest
from django.utils import translation
from lxml import etree
from saxonche import PySaxonProcessor

from mila.formats import money
from papers import printing
from papers.models import Paper, PaperFile
from tests import factories
from tests.papers import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
LANGUAGES = ("fr", "de", "it", "en")
NS = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}
SWISS = {
    "country": "CH",
    "currency": "CHF",
    "postcode": "1003",
    "city": "Lausanne",
    "timezone": "Europe/Zurich",
}


def plain(amount: str) -> str:
    return amount.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.fixture
def friends(payer, payee):
    cast.billing_of(payee)
    return cast.papers_of(cast.paid_job(payer, payee))


@pytest.fixture
def pros(payer, morning):
    technician = cast.pro()
    cast.billing_of(technician)
    return cast.papers_of(cast.paid_job(payer, technician))


# Ten bookings: of a Friend and a Pro, in both countries, round and odd prices.
TEN = [
    *[("friend", cents, {}) for cents in (6900, 101, 123_457)],
    *[("pro", cents, {}) for cents in (6900, 4999, 100_000)],
    *[("friend", cents, SWISS) for cents in (11900, 1)],
    *[("pro", cents, SWISS) for cents in (11900, 33_333)],
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "cents", "where"), TEN)
def test_amounts_read_from_the_pdf_are_those_of_the_rows(morning, kind, cents, where, language):
    country = where.get("country", "FR")
    technician = (
        cast.pro(partner__country=country)
        if kind == "pro"
        else cast.paid.payee(partner__country=country)
    )
    technician.user.language = language
    technician.user.save(update_fields=["language"])
    cast.billing_of(technician)
    fee = 490 if where else 290
    payer = factories.UserFactory(name="Odile Perrachon")
    charge = cast.paid_job(
        payer, technician, service_cents=cents, booking_fee_cents=fee, language=language, **where
    )

    for paper in cast.papers_of(charge).values():
        words = cast.text(paper)
        amounts = [paper.total_cents, *(line["cents"] for line in paper.data["lines"])]
        vat = paper.data.get("vat")
        if vat and vat["bp"]:
            amounts += [vat["net_cents"], vat["vat_cents"]]
            assert vat["net_cents"] + vat["vat_cents"] == paper.total_cents
        with translation.override(language):
            missing = [
                money(one, paper.currency)
                for one in amounts
                if plain(money(one, paper.currency)) not in words
            ]
        assert missing == []
        assert paper.number in words
        assert paper.language == language
    sold = Paper.objects.filter(charge=charge, audience="customer").exclude(kind="receipt")
    assert sum(paper.total_cents for paper in sold) == charge.amount_cents


def test_file_is_made_once_and_its_hash_is_over_its_bytes(friends):
    first = printing.print_paper(friends["service"].pk)

    assert printing.print_paper(friends["service"].pk).made_at == first.made_at
    assert hashlib.sha256(first.pdf).hexdigest() == first.sha256
    assert first.size == len(first.pdf)
    assert PaperFile.objects.count() == 1


def test_words_of_the_mandate_and_of_the_small_business(friends):
    words = cast.text(friends["service"])

    assert "TVA non applicable, art. 293 B du CGI" in words
    assert "Yanis Corvel" in words
    assert "732829320" in words
    assert "Exemple Mila SAS" in words  # on whose mandate
    assert "Odile Perrachon" in words


def test_no_word_of_a_customer_is_markup(payer, payee):
    cast.billing_of(payee, name="#panic() *Corvel* $x$ \\ ] ")

    assert "#panic() *Corvel* $x$ \\ ]" in cast.text(
        cast.papers_of(cast.paid_job(payer, payee))["service"]
    )


@pytest.mark.parametrize("name", ["receipt", "service", "fee", "commission"])
def test_archive_form(friends, name):
    xmp = cast.reader(friends[name]).xmp_metadata
    described = xmp.stream.get_data().decode()

    assert "<pdfaid:part>3</pdfaid:part>" in described
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in described
    assert "/OutputIntents" in cast.reader(friends[name]).trailer["/Root"]


def test_customers_papers_carry_no_file(friends):
    assert list(cast.reader(friends["service"]).attachments) == []


def embedded(paper):
    """What another library than the one that wrote it takes out of the PDF."""
    name, xml = facturx.get_xml_from_pdf(
        io.BytesIO(printing.print_paper(paper.pk).pdf), check_xsd=True
    )
    assert name == "factur-x.xml"
    return xml


def said(xml, path):
    return etree.fromstring(xml).findtext(f".//{path}", namespaces=NS)


def test_commission_is_a_valid_factur_x(friends):
    paper = friends["commission"]
    xml = embedded(paper)

    assert facturx.get_level(etree.fromstring(xml)) == "en16931"
    assert said(xml, "ram:GrandTotalAmount") == "13.80"
    assert said(xml, "ram:TaxBasisTotalAmount") == "11.50"
    assert said(xml, "ram:TaxTotalAmount") == "2.30"
    assert said(xml, "ram:DuePayableAmount") == "0.00"
    assert paper.number.encode() in xml


def test_self_billed_invoice_is_a_valid_factur_x(pros):
    xml = embedded(pros["self_bill"])

    assert said(xml, "ram:TypeCode") == "389"
    assert said(xml, "ram:GrandTotalAmount") == "55.20"
    assert b"Rivale Services SARL" in xml


def test_invoice_without_vat_names_its_reason(payer, morning):
    technician = cast.pro()
    cast.billing_of(technician, vat_number="")

    xml = embedded(cast.papers_of(cast.paid_job(payer, technician))["self_bill"])

    assert said(xml, "ram:ExemptionReason") == "TVA non applicable, art. 293 B du CGI"
    assert said(xml, "ram:TaxTotalAmount") == "0.00"


RULES = (
    Path(facturx.__file__).parent
    / "xsd_and_schematron"
    / "facturx-en16931"
    / "FACTUR-X_EN16931.xslt"
)


@pytest.fixture(scope="module")
def broken():
    """A function: which rules of the standard a document breaks, by the
    standard's own stylesheet.
    """
    with PySaxonProcessor(license=False) as processor:
        rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES))

        def ask(xml):
            report = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
            assert "fired-rule" in report
            return re.findall(r'failed-assert.*?id="([^"]+)"', report, re.DOTALL)

        yield ask


def test_rules_of_the_standard_hold(friends, broken, payer):
    technician = cast.pro()
    cast.billing_of(technician, vat_number="")
    pros = cast.papers_of(cast.paid_job(payer, technician, service_cents=4999))
    charge = friends["commission"].charge
    cast.credit(charge, amount_cents=1001, partner_cents=800)
    note = Paper.objects.get(corrects=friends["commission"])

    for paper in (friends["commission"], pros["self_bill"], note):
        assert broken(embedded(paper)) == []
    assert said(embedded(note), "ram:TypeCode") == "381"


def test_control_a_wrong_total_breaks_a_rule(friends, broken):
    xml = embedded(friends["commission"])

    assert broken(xml.replace(b"GrandTotalAmount>13.80", b"GrandTotalAmount>73.80")) != []
