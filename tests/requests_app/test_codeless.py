"""Staff see who begins without the customer's code more often than one time in five (rule L9b)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Technician
from policy.models import PolicyRow
from requests_app.codeless import often_codeless, with_codeless_starts
from requests_app.models import Assignment, Booking, BookingEvent, State
from tests import cast, factories
from tests.factories import LONG_AGO
from tests.requests_app.booking_states import booking_in
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def begun(technician, at, *, code_after=None):
    """A visit that began at this instant; the code was typed so long after the start, or never."""
    booking = booking_in(State.IN_PROGRESS, technician, at - 4 * DAY)
    BookingEvent.objects.create(
        booking=booking,
        sequence=2,
        move="start",
        source="arrived",
        target="in_progress",
        role="partner",
        at=at,
        hash="1" * 64,
    )
    if code_after is not None:
        Assignment.objects.filter(booking=booking).update(code_typed_at=at + code_after)
    Booking.objects.filter(pk=booking.pk).update(start_at=at)
    busy = Assignment.objects.get(booking=booking).calendar_entry
    Assignment.objects.filter(booking=booking).update(calendar_entry=None)
    busy.delete()
    return booking


def visits(technician, at, *, codeless, proved):
    for _ in range(codeless):
        begun(technician, at)
    for _ in range(proved):
        begun(technician, at, code_after=-timedelta(minutes=1))


def figures(technician):
    one = with_codeless_starts(Technician.objects.filter(pk=technician.pk)).get()
    return one.codeless_starts, one.starts, one.often_codeless


@pytest.mark.parametrize(
    ("codeless", "proved", "often"),
    [
        (1, 4, False),  # exactly one in five
        (2, 8, False),
        (2, 7, True),
        (1, 3, False),  # one in four, of too few
        (4, 0, False),
        (5, 0, True),
        (0, 5, False),
        (0, 0, False),
    ],
)
def test_above_one_in_five_of_enough_starts(codeless, proved, often, now, partner):
    visits(partner, now - DAY, codeless=codeless, proved=proved)

    assert figures(partner) == (codeless, codeless + proved, often)


def test_a_code_typed_after_the_start_was_none_at_the_start(now, partner):
    begun(partner, now - DAY, code_after=timedelta(minutes=40))

    assert figures(partner)[:2] == (1, 1)


def test_starts_before_the_window_are_forgotten(now, partner):
    visits(partner, now - 90 * DAY, codeless=5, proved=0)
    begun(partner, now - 90 * DAY + timedelta(seconds=1), code_after=timedelta())

    assert figures(partner) == (0, 1, False)


def test_another_s_starts_are_another_s(now, partner, rival_partner):
    visits(rival_partner, now - DAY, codeless=5, proved=0)

    assert figures(partner) == (0, 0, False)
    assert list(often_codeless(Technician.objects.all())) == [rival_partner]


@pytest.mark.parametrize(
    ("key", "value"),
    [("codeless_share_percent", 50), ("codeless_starts_min", 11), ("codeless_window", 3_600)],
)
def test_each_figure_is_the_policy_s(key, value, now, partner):
    visits(partner, now - DAY, codeless=4, proved=6)
    assert figures(partner)[2] is True

    PolicyRow.objects.create(key=key, value=value, starts_at=LONG_AGO)

    assert figures(partner)[2] is False


def test_the_verbs_of_a_visit_are_counted(searching, partner):
    cast.walk(searching, partner, State.IN_PROGRESS)

    assert figures(partner)[:2] == (0, 1)


# --- Ops


@pytest.fixture
def ops(client, staff):
    staff.language = "en"
    staff.save(update_fields=["language"])
    sign_in(client, staff)
    return client


def test_the_board_leads_to_the_list_of_them(ops, now, partner, rival_partner):
    visits(partner, now - DAY, codeless=5, proved=0)

    tile = next(
        one for one in ops.get(reverse("admin:index")).context["tiles"] if one.name == "codeless"
    )
    listed = ops.get(tile.url)

    assert (tile.count, tile.tone) == (1, "warn")
    assert [row.pk for row in listed.context["cl"].result_list] == [partner.pk]
    assert '<span class="b-tone b-bad">5 of 5</span>' in listed.content.decode()


def test_list_asks_as_often_for_three_as_for_one(ops, now, partner):
    address = reverse("admin:accounts_technician_changelist")
    ops.get(address)
    with CaptureQueriesContext(connection) as one:
        ops.get(address)
    for _ in range(2):
        visits(factories.TechnicianFactory(), now - DAY, codeless=2, proved=0)

    with CaptureQueriesContext(connection) as three:
        assert len(ops.get(address).context["cl"].result_list) == 3

    assert len(one) == len(three)
