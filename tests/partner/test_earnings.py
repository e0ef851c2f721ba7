"""What each job brought the partner (rule M2, M5): theirs alone, and in a
fixed number of queries.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import PartnerProfile
from mila.clock import mila_now, set_clock
from partner import earnings
from payments import payouts, refunds, sweeps
from payments.access import payee_of
from tests import factories
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", user__language="en", lat=45.80, lon=4.90)


def shown(technician, page=None):
    return earnings.earnings_page(payee_of(technician.user), page, mila_now())


def test_prices_commission_and_net_of_what_is_paid(owing, payee):
    cast.charged(owing())
    cast.charged(owing(service_cents=10000))
    cast.charged(owing(cast.DECLINES_LATER, service_cents=5000))
    cast.charged(owing(country="CH", currency="CHF", service_cents=11900, booking_fee_cents=490))

    found = shown(payee)

    assert found["sums"] == [
        {"currency": "CHF", "service": 11900, "commission": 2380, "net": 9520},
        {"currency": "EUR", "service": 16900, "commission": 3380, "net": 13520},
    ]
    assert [line.earning.currency for line in found["page"]] == ["CHF", "EUR", "EUR"]
    assert [charge.service_cents for charge in found["waiting"]] == [5000]


def test_what_went_back_takes_price_and_commission_with_it(owing, payee, staff):
    charge = cast.charged(owing())
    half = {"service_cents": 3450, "booking_fee_cents": 0, "by_mila": False}
    refunds.submit(refunds.refund(charge.pk, key=uuid4(), by=staff, reason="Half", **half).pk)

    found = shown(payee)

    assert found["sums"] == [{"currency": "EUR", "service": 3450, "commission": 690, "net": 2760}]
    assert [(line.price_cents, line.commission_cents) for line in found["page"]] == [
        (-3450, -690),
        (6900, 1380),
    ]


def test_another_partners_are_not_there(owing, rival_partner):
    cast.charged(owing())

    found = shown(rival_partner, "no number")

    assert (list(found["page"]), found["sums"], list(found["waiting"]), found["next"]) == (
        [],
        [],
        [],
        [],
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_as_many_queries_however_many_jobs(owing, payee, rows, django_assert_num_queries):
    for _ in range(rows):
        cast.charged(owing())
        cast.charged(owing(cast.DECLINES_LATER))
    person = payee_of(payee.user)

    with django_assert_num_queries(8):
        found = earnings.earnings_page(person, "1", mila_now())
        assert [line.earning.booking.service.name for line in found["page"]] == [
            "Wi-Fi lent"
        ] * rows
        assert [charge.booking.service.name for charge in found["waiting"]] == ["Wi-Fi lent"] * rows


def test_the_page_is_the_technicians(client, owing, payee, customer):
    cast.charged(owing())
    address = reverse("partner:earnings")

    assert client.get(address).status_code == 302
    client.force_login(customer)
    assert client.get(address).status_code == 403
    sign_in(client, payee.user)
    assert "55.20" in client.get(address, headers={"accept-language": "en"}).content.decode()


# --- Of a company: a technician sees their own jobs, the owner all


@pytest.fixture
def company(morning):
    """Its owner, and two technicians, of whom each has done one job."""
    first = cast.payee(
        partner__kind="pro", user__name="Anna One", user__language="en", lat=45.80, lon=4.90
    )
    second = factories.TechnicianFactory(
        partner=first.partner, user__name="Ben Two", lat=45.80, lon=4.90
    )
    owner = factories.UserFactory(name="Odette", email="odette@example.com", language="en")
    PartnerProfile.objects.filter(pk=first.partner_id).update(owner=owner)
    first.partner.refresh_from_db()
    second.partner.refresh_from_db()
    return owner, first, second


def test_technician_sees_their_own_and_the_owner_all(company, payer):
    owner, first, second = company
    card = cast.saved_card(payer)
    for technician, cents in ((first, 6900), (second, 10000)):
        cast.charged(cast.signed_booking(payer, card, technician, service_cents=cents))

    def nets(user):
        found = earnings.earnings_page(payee_of(user), None, mila_now())
        chart = sum(bar.cents for one in found["charts"] for bar in one.bars)
        return sorted(line.earning.cents for line in found["page"]), found["sums"][0]["net"], chart

    assert nets(first.user) == ([5520], 5520, 5520)
    assert nets(second.user) == ([8000], 8000, 8000)
    assert nets(owner) == ([5520, 8000], 13520, 13520)


def test_colleagues_month_is_not_the_technicians(client, company, payer):
    _owner, first, second = company
    cast.charged(cast.signed_booking(payer, cast.saved_card(payer), second))
    at = mila_now()
    sign_in(client, first.user)

    for name in ("statement", "statement_csv"):
        assert client.get(reverse(f"partner:{name}", args=[at.year, at.month])).status_code == 404


# --- Where it is


def words(technician) -> list[tuple[str, object]]:
    return [(line.state, line.day) for line in shown(technician)["page"]]


def test_each_share_says_its_day(owing, payee):
    earning = cast.earned(owing())
    assert words(payee) == [("promised", earning.promised_on)]
    assert shown(payee)["next"] == [
        {"promised_on": earning.promised_on, "currency": "EUR", "cents": 5520}
    ]

    payouts.freeze(earning.booking_id, by=factories.UserFactory(is_staff=True))
    assert (words(payee), shown(payee)["next"]) == ([("held", None)], [])

    payouts.thaw(earning.booking_id)
    cast.come_to_payday(earning)
    sweeps.sweep_payouts()
    payout = payouts.planning.Payout.objects.get()
    assert words(payee) == [("done", payout.arrives_on)]
    assert shown(payee)["next"] == []


def test_day_that_has_passed_is_not_promised_any_more(owing, payee):
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    set_clock(mila_now() + timedelta(days=1), speed=0)

    assert words(payee) == [("promised", None)]


def test_twelve_months_stand_side_by_side(owing, payee):
    cast.earned(owing())

    (chart,) = shown(payee)["charts"]

    assert len(chart.bars) == 12
    assert [bar.cents for bar in chart.bars] == [0] * 11 + [5520]
    assert (chart.bars[-1].height, chart.bars[-1].y, chart.width) == (100, 0, 360)


# --- For a spreadsheet


@pytest.mark.parametrize(
    "evil", ["=1+1", "+33", "-2", "@SUM(1)", "\t=1", "\r=1", " =1", "\n=cmd|' /C calc'!0"]
)
def test_words_are_never_formulas(evil):
    assert earnings.safe(evil).startswith("'")


@pytest.mark.parametrize("plain", ["Wi-Fi lent", "Anna = Ben", "", "1-2", "M000017"])
def test_plain_words_stay_as_they_are(plain):
    assert earnings.safe(plain) == plain


def test_statement_as_cells(client, owing, payee):
    payee.name = "=HYPERLINK(1)"
    payee.save(update_fields=["name"])
    cast.earned(owing())
    at = mila_now()
    sign_in(client, payee.user)

    answer = client.get(reverse("partner:statement_csv", args=[at.year, at.month]))

    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    head, line = text.strip().splitlines()
    cells = line.split(";")
    assert len(head.split(";")) == len(cells) == 11
    assert cells[4:9] == ["'=HYPERLINK(1)", "69,00", "-13,80", "55,20", "EUR"]


def test_statement_of_a_month_on_a_page(client, owing, payee):
    cast.earned(owing())
    at = mila_now()
    sign_in(client, payee.user)

    page = client.get(reverse("partner:statement", args=[at.year, at.month])).content.decode()

    assert page.count("55,20") + page.count("55.20") >= 2
    for year, month in ((at.year - 1, 1), (at.year, 13), (1, 1), (9999, 12)):
        assert client.get(f"/partner/earnings/{year}-{month}/").status_code == 404


@pytest.mark.parametrize(
    ("cents", "comma", "written"), [(-1380, True, "-13,80"), (5, False, "0.05"), (0, True, "0,00")]
)
def test_amounts_are_numbers(cents, comma, written):
    assert earnings.amount(cents, comma=comma) == written
