"""Which papers a paid charge brings, in whose name, with which VAT
(rule M8, M9; law R3, R4, R21).
"""

import pytest

from mila.clock import mila_now
from papers import actions, sweeps
from papers.models import Paper, PaperFile, PaperKind, Unprinted
from payments.models import Charge
from policy.models import PolicyRow
from tests import cast as people
from tests.papers import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def job(payer, payee):
    cast.billing_of(payee)
    return cast.paid_job(payer, payee)


def figures(papers):
    return {
        name: (paper.kind, paper.series, paper.total_cents, paper.audience)
        for name, paper in papers.items()
    }


def test_friend_sells_in_their_own_name_and_mila_its_fee(job):
    papers = cast.papers_of(job)

    friend = f"P{job.partner_id}"
    assert figures(papers) == {
        "receipt": ("receipt", "RFR", 7190, "customer"),
        "service": ("invoice", friend, 6900, "customer"),
        "fee": ("invoice", "MFR", 290, "customer"),
        "commission": ("commission", "MFR", 1380, "partner"),
    }
    service = papers["service"].data
    assert service["issuer"]["name"] == "Yanis Corvel"
    assert service["by_mandate"]
    assert service["vat"] == {
        "bp": 0,
        "net_cents": 6900,
        "vat_cents": 0,
        "why": "TVA non applicable, art. 293 B du CGI",
    }
    assert papers["fee"].data["vat"] == {"bp": 2000, "net_cents": 242, "vat_cents": 48, "why": ""}


def test_pro_is_paid_by_mila_who_sells(payer, morning):
    technician = cast.pro()
    cast.billing_of(technician)
    papers = cast.papers_of(cast.paid_job(payer, technician))

    assert figures(papers) == {
        "receipt": ("receipt", "RFR", 7190, "customer"),
        "mila": ("invoice", "MFR", 7190, "customer"),
        "self_bill": ("self_bill", f"P{technician.partner_id}", 5520, "partner"),
    }
    assert papers["mila"].data["vat"] == {
        "bp": 2000,
        "net_cents": 5992,
        "vat_cents": 1198,
        "why": "",
    }
    assert papers["self_bill"].data["vat"]["vat_cents"] == 920
    assert papers["self_bill"].data["to"]["name"] == papers["mila"].data["issuer"]["name"]


def test_swiss_rate_and_series(payer, morning):
    technician = cast.pro(partner__country="CH")
    cast.billing_of(technician, vat_number="CHE-116.281.710 TVA")
    charge = cast.paid_job(
        payer,
        technician,
        service_cents=11900,
        booking_fee_cents=490,
        country="CH",
        currency="CHF",
        postcode="1003",
        city="Lausanne",
        timezone="Europe/Zurich",
    )
    papers = cast.papers_of(charge)

    assert papers["mila"].series == "MCH"
    assert papers["mila"].data["vat"] == {
        "bp": 810,
        "net_cents": 11462,
        "vat_cents": 928,
        "why": "",
    }
    assert "CHE" in papers["mila"].data["issuer"]["vat"]


def test_rate_is_that_of_the_day_of_the_work(job):
    PolicyRow.objects.create(
        key="vat_bp",
        value={"EUR": 2100, "CHF": 810},
        country="FR",
        starts_at=job.booking.finished_at,
        note="law",
    )

    assert cast.papers_of(job)["fee"].data["vat"]["bp"] == 2100


def test_later_rate_does_not_touch_earlier_work(job):
    PolicyRow.objects.create(
        key="vat_bp",
        value={"EUR": 2100, "CHF": 810},
        country="FR",
        starts_at=mila_now(),
        note="law",
    )

    assert cast.papers_of(job)["fee"].data["vat"]["bp"] == 2000


def test_repeat_issues_nothing_and_uses_no_number(job):
    first = cast.papers_of(job)

    assert actions.issue_for_charge(job.pk) == []
    assert cast.papers_of(job) == first
    assert Paper.objects.order_by("-serial").filter(series="MFR").first().serial == 2


def test_unpaid_charge_has_no_papers(job):
    Charge.objects.filter(pk=job.pk).update(state="failed")

    assert actions.issue_for_charge(job.pk) == []
    assert not Paper.objects.exists()


def test_partners_own_papers_wait_for_their_details_and_the_customers_do_not(payer, payee):
    charge = cast.paid_job(payer, payee)
    assert set(cast.papers_of(charge)) == {"receipt", "fee"}
    charge.refresh_from_db()
    assert charge.papers_due_at > mila_now()

    actions.set_billing(payee.partner, by=payee.user, **cast.FRIEND)
    sweeps.sweep()

    assert set(cast.papers_of(charge)) == {"receipt", "fee", "service", "commission"}
    charge.refresh_from_db()
    assert charge.papers_due_at is None


def test_sweep_finds_what_the_lost_message_left_and_prints_it_once(job):
    assert sweeps.sweep() == 5  # the charge, and four files
    stored = list(PaperFile.objects.values_list("sha256", "made_at"))

    assert sweeps.sweep() == 0
    assert list(PaperFile.objects.values_list("sha256", "made_at")) == stored
    assert len(stored) == 4
    assert not Unprinted.objects.exists()


def test_success_of_a_charge_sends_the_job(
    payer, payee, django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr("papers.tasks.issue.delay", lambda **kwargs: sent.append(kwargs))
    with django_capture_on_commit_callbacks(execute=True):
        charge = cast.paid_job(payer, payee)

    assert sent == [{"charge_id": charge.pk}]


def test_cancellation_is_an_invoice_of_whoever_waited(searching, partner, payer):
    cast.billing_of(partner)
    booking = people.claimed(searching, partner)
    charge = Charge.objects.create(
        booking=booking,
        partner=partner.partner,
        kind="fee",
        state="succeeded",
        currency="EUR",
        amount_cents=2500,
        service_cents=2500,
        booking_fee_cents=0,
        commission_cents=500,
        partner_cents=2000,
        succeeded_at=mila_now(),
    )
    papers = cast.papers_of(charge)

    assert figures(papers) == {
        "receipt": ("receipt", "RFR", 2500, "customer"),
        "service": (PaperKind.CANCELLATION, f"P{partner.partner_id}", 2500, "customer"),
        "commission": ("commission", "MFR", 500, "partner"),
    }


def test_fee_nobody_waited_for_is_milas(searching):
    charge = Charge.objects.create(
        booking=searching,
        kind="fee",
        state="succeeded",
        currency="EUR",
        amount_cents=2500,
        service_cents=2500,
        booking_fee_cents=0,
        commission_cents=2500,
        partner_cents=0,
        succeeded_at=mila_now(),
    )

    assert figures(cast.papers_of(charge))["mila"] == ("cancellation", "MFR", 2500, "customer")
