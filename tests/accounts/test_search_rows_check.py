"""What was written past the search is found and mended, each night and at a
command (rule D1, D2).
"""

import io
import threading
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from accounts import search_rows, tasks
from accounts.mail_words import render
from accounts.models import Notification, SearchRowsCheck, SkillSearch, Technician
from accounts.search import lock_technician, refresh_search_rows
from mila.celery import app
from mila.clock import mila_now
from mila.heartbeat import expected
from places.calendar import instant
from policy.models import PolicyRow
from tests import factories
from tests.accounts.test_search_rows import expected as expected_rows
from tests.accounts.test_search_rows import there

NIGHT = instant(datetime(2026, 11, 25, 3, 30), "Europe/Paris")
SECOND = timedelta(seconds=1)


@pytest.fixture
def still(morning, stopped_clock):
    stopped_clock(morning)
    search_rows.check()  # from now on it knows when the night is
    return stopped_clock


DRIFTS = {
    "another score": lambda t: SkillSearch.objects.filter(technician=t).update(base_score_ppm=1),
    "another place": lambda t: SkillSearch.objects.filter(technician=t).update(h3_cell=1),
    "another area": lambda t: Technician.objects.filter(pk=t.pk).update(radius_m=7_000),
    "a row too few": lambda t: SkillSearch.objects.filter(technician=t).delete(),
    "a row too many": lambda t: SkillSearch.objects.create(
        technician=t,
        skill=factories.SkillFactory(slug="tv"),
        h3_cell=1,
        base_score_ppm=1,
        radius_m=1,
        lat=1,
        lon=1,
    ),
    "suspended": lambda t: (
        type(t.partner)
        .objects.filter(pk=t.partner_id)
        .update(suspended_at=mila_now(), suspension_reason="Papers forged")
    ),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_mended_and_ops_hear_of_it_in_words(drift, still, partner, rival_partner):
    untouched = there(rival_partner)
    DRIFTS[drift](partner)
    still(NIGHT)

    assert search_rows.check() == 1

    assert there(partner) == expected_rows(partner)
    assert there(rival_partner) == untouched
    (message,) = Notification.objects.filter(kind="search_rows_ops")
    assert (message.email, message.context["count"]) == (settings.OPS_EMAIL, 1)
    assert message.context["names"] == [partner.name]


def test_nothing_is_written_or_said_where_nothing_differs(still, partner):
    before = row_versions()
    still(NIGHT)

    assert search_rows.check() == 0

    assert row_versions() == before
    assert not Notification.objects.exists()


def row_versions():
    """Changes with every write of a row, also with one of the same values."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text, ctid::text FROM accounts_skillsearch ORDER BY id")
        return cursor.fetchall()


@pytest.mark.parametrize(("after", "mended"), [(-SECOND, 0), (0 * SECOND, 1), (SECOND, 1)])
def test_check_waits_for_the_night(after, mended, still, partner):
    DRIFTS["another score"](partner)
    still(NIGHT + after)

    assert search_rows.check() == mended


def test_check_runs_once_a_night(still, partner):
    still(NIGHT)
    search_rows.check()
    DRIFTS["another score"](partner)

    still(NIGHT + timedelta(hours=23))
    assert search_rows.check() == 0
    still(NIGHT + timedelta(hours=24))
    assert search_rows.check() == 1


def test_another_one_at_the_same_stretch_skips_nobody(still, monkeypatch):
    """Two workers look at the same people, and the slower one comes back when the night's check is
    over.
    """
    people = [factories.TechnicianFactory() for _ in range(2)]
    still(NIGHT)
    before, slow = SearchRowsCheck.objects.get(), search_rows.compare(0)
    search_rows.check()

    search_rows._note(before, slow)

    still(NIGHT + timedelta(days=1))
    for who in people:
        DRIFTS["another score"](who)
    assert search_rows.check() == 2


def test_large_world_is_checked_in_stretches_and_told_once(still, monkeypatch):
    monkeypatch.setattr(search_rows, "PIECE", 2)
    monkeypatch.setattr(search_rows, "PIECES", 1)
    for _ in range(5):
        DRIFTS["another score"](factories.TechnicianFactory())
    still(NIGHT)

    stretches = [search_rows.check() for _ in range(4)]

    assert stretches == [2, 2, 1, 0]
    assert Notification.objects.get(kind="search_rows_ops").context["count"] == 5
    assert SearchRowsCheck.objects.get().next_at == NIGHT + timedelta(days=1)


def test_scores_of_a_former_policy_are_no_drift(still, partner):
    weights = {"stars": 0, "level": 650_000, "reliability": 150_000, "nearness": 200_000}
    PolicyRow.objects.create(
        key="score_weights_ppm", value=weights, starts_at=mila_now(), note="test"
    )
    still(NIGHT)

    assert search_rows.check() == 0
    assert not Notification.objects.exists()


def test_message_names_them_in_a_sentence(still, partner):
    DRIFTS["another score"](partner)
    still(NIGHT)
    search_rows.check()

    message = render(Notification.objects.get(kind="search_rows_ops"))

    assert partner.name in message.body
    assert f"{settings.SITE_URL}/admin/accounts/technician/" in message.body


def test_command_writes_all_anew_that_is_missing(still, partner, rival_partner):
    before = there(partner), there(rival_partner)
    SkillSearch.objects.all().delete()
    out = io.StringIO()

    call_command("rebuild_search_rows", stdout=out)

    assert (there(partner), there(rival_partner)) == before
    assert out.getvalue() == "2 technicians written anew\n"


@pytest.mark.django_db(transaction=True)
def test_change_that_is_just_on_its_way_is_no_drift(morning, stopped_clock):
    """Another transaction has the technician, and writes both: what was read before it is not
    mended after it.
    """
    stopped_clock(morning)
    who = factories.TechnicianFactory()
    stale = (
        Technician.objects.select_related("partner")
        .prefetch_related("skills", "search_rows")
        .get(pk=who.pk)
    )
    held, answers = threading.Event(), []

    def mend():
        held.wait(10)
        answers.append(search_rows.mend(stale.pk))
        connection.close()

    other = threading.Thread(target=mend)
    other.start()
    with transaction.atomic():
        lock_technician(who.pk)
        held.set()
        Technician.objects.filter(pk=who.pk).update(radius_m=7_000)
        refresh_search_rows(who)
    other.join()

    assert answers == [False]
    assert SkillSearch.objects.get(technician=who).radius_m == 7_000


def test_check_is_on_the_clock():
    assert expected()[tasks.check_search_rows.name] == "search rows"
    assert app.conf.beat_schedule["search rows"]["schedule"] == 10.0
