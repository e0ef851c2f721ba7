"""The work is done, and what it costs: a Friend agrees any price, a Pro only adds packages (rule L10, L12)."""

from datetime import timedelta

import pytest

from accounts.models import PartnerProfile
from catalogue.models import Package, PackagePrice, Service
from catalogue.queries import NotSold
from requests_app.actions import visit
from requests_app.actions.visit import PriceIsFixed
from requests_app.lifecycle import IllegalMove
from requests_app.models import Booking, ClockKind, QuoteLine, QuoteOrigin, State
from tests import factories
from tests.requests_app.stages import booking_in, moves, refused, told, unchanged

REPORT = {"done": "Channel changed", "explained": True, "tidied": True}


@pytest.fixture
def work(now, partner):
    booking = booking_in(State.IN_PROGRESS, partner, now)
    QuoteLine.objects.create(quote=booking.quotes.get(), label="Wi-Fi lent", cents=6900)
    return booking


@pytest.fixture
def pro_work(work, partner):
    PartnerProfile.objects.filter(pk=partner.partner_id).update(kind="pro")
    return work


def finish(booking, technician, **kwargs):
    return visit.finish(booking.pk, technician.pk, by=technician.user, report=REPORT, **kwargs)


def versions(booking):
    return list(booking.quotes.values_list("version", "service_cents"))


def test_work_as_booked_needs_no_new_version(work, partner, now):
    finished = finish(work, partner)

    assert (finished.state, finished.finished_at, finished.due_at) == (
        State.FINISHED,
        now,
        now + timedelta(hours=72),
    )
    assert Booking.objects.get(pk=work.pk).report == REPORT
    assert versions(work) == [(1, 6900)]
    assert list(finished.clocks.filter(done_at=None).values_list("kind", "due_at")) == [
        (ClockKind.SIGNATURE_REMINDER_1, now),
        (ClockKind.SLOT_FREED, now + timedelta(minutes=5)),
        (ClockKind.SIGNATURE_REMINDER_2, now + timedelta(hours=24)),
        (ClockKind.SIGNATURE_REMINDER_3, now + timedelta(hours=60)),
    ]
    assert (moves(work), told(work)) == (["finish"], [])


@pytest.mark.parametrize("cents", [0, 4000, 20_000])
def test_friend_agrees_any_price_up_or_down(cents, work, partner, now):
    finish(work, partner, service_cents=cents)

    quote = work.quotes.latest("version")
    assert versions(work) == [(1, 6900), (2, cents)]
    assert (quote.origin, quote.created_at, quote.created_by) == (QuoteOrigin.PARTNER, now, partner.user)
    assert (quote.accepted_at, quote.own_hand) == (None, False)


@pytest.mark.parametrize("cents", [6899, 6901, 0])
def test_pro_may_not_change_the_price(cents, pro_work, partner):
    with refused(pro_work, PriceIsFixed):
        finish(pro_work, partner, service_cents=cents)


def test_pro_may_say_the_booked_price(pro_work, partner):
    finish(pro_work, partner, service_cents=6900)

    assert versions(pro_work) == [(1, 6900)]


def test_packages_are_added_at_the_price_of_the_catalogue(pro_work, partner):
    package = factories.PackageFactory()

    finish(pro_work, partner, packages={package.pk: 2})

    quote = pro_work.quotes.latest("version")
    assert quote.service_cents == 6900 + 5000
    assert list(quote.lines.values_list("label", "package", "quantity", "cents")) == [
        ("Wi-Fi lent", None, 1, 6900),
        ("Répéteur", package.pk, 2, 5000),
    ]


@pytest.mark.parametrize("count", [0, -1])
def test_package_counted_below_one_is_no_way_to_lower_a_price(count, pro_work, partner):
    finish(pro_work, partner, packages={factories.PackageFactory().pk: count})

    assert versions(pro_work) == [(1, 6900)]


def test_package_no_longer_sold_adds_nothing(pro_work, partner):
    package = factories.PackageFactory()
    Package.objects.update(active=False)

    finish(pro_work, partner, packages={package.pk: 1, 0: 3})

    assert versions(pro_work) == [(1, 6900)]


def test_package_without_a_price_there_is_refused(pro_work, partner):
    package = factories.PackageFactory()
    PackagePrice.objects.filter(country="FR").update(starts_at=pro_work.created_at + timedelta(days=400))

    with refused(pro_work, NotSold):
        finish(pro_work, partner, packages={package.pk: 1})


def test_lines_speak_the_customer_s_language(pro_work, partner):
    Booking.objects.update(language="de")
    Service.objects.update(name_de="Langsames WLAN")
    package = factories.PackageFactory()
    Package.objects.update(name_de="Verstärker")

    finish(pro_work, partner, packages={package.pk: 1})

    assert list(pro_work.quotes.latest("version").lines.values_list("label", flat=True)) == [
        "Langsames WLAN",
        "Verstärker",
    ]


def test_repeat_changes_nothing(work, partner):
    finish(work, partner, service_cents=9000)

    with unchanged(work):
        finish(work, partner, service_cents=9999)


@pytest.mark.parametrize("state", [State.ARRIVED, State.CONFIRMED, State.SIGNED_OFF, State.FAILED])
def test_out_of_turn_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        finish(booking, partner, service_cents=9000)


def test_stranger_is_refused(work, rival_partner):
    with refused(work, visit.NotYours):
        finish(work, rival_partner)
