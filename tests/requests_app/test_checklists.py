"""Lists by service, with versions; what was ticked stays, in the words that stood there
(rule L7, L9, L12).
"""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from catalogue.models import Checklist, ChecklistPart, Service
from catalogue.queries import checklists_of
from mila.clock import mila_now
from requests_app.actions import checking, visit
from requests_app.actions.checking import NotNow
from requests_app.models import ChecklistTick, State
from tests.cast import claimed, walk

P = ChecklistPart


@pytest.fixture
def lists(morning, service_of_the_job):
    """A general list of each part, from long ago."""
    long_ago = mila_now() - timedelta(days=30)
    return {
        part: Checklist.objects.create(
            part=part, version=1, items=f"{part} one\n{part} two", starts_at=long_ago
        )
        for part in P.values
    }


@pytest.fixture
def service_of_the_job(searching):
    return searching.service


def keep(booking, partner, checklist, *positions):
    return checking.keep_ticks(
        booking.pk, partner.pk, checklist_id=checklist.pk, positions=positions
    )


def rows():
    return list(ChecklistTick.objects.values_list("position", "ticked", "words"))


def test_tick_is_kept_with_its_words_and_taken_back_by_a_row_of_its_own(lists, searching, partner):
    job = claimed(searching, partner)

    keep(job, partner, lists[P.PREPARATION], 1)
    keep(job, partner, lists[P.PREPARATION], 1)
    keep(job, partner, lists[P.PREPARATION], 0)

    assert rows() == [
        (1, True, "preparation two"),
        (0, True, "preparation one"),
        (1, False, "preparation two"),
    ]
    assert checking.ticked(job.assignments.get()) == {lists[P.PREPARATION].pk: {0}}


@pytest.mark.parametrize("part", [P.PRESENTATION, P.EXPLANATION, P.TIDY_UP])
def test_what_is_at_the_door_is_not_ticked_at_home(lists, searching, partner, part):
    job = claimed(searching, partner)

    with pytest.raises(NotNow):
        keep(job, partner, lists[part], 0)

    assert rows() == []


def test_at_work_all_of_them_may_be_ticked(lists, searching, partner):
    booking = walk(searching, partner, State.IN_PROGRESS)

    for part in P.values:
        keep(booking, partner, lists[part], 0, 1)

    assert len(rows()) == 8


def test_after_the_work_nothing_is_ticked(lists, searching, partner):
    booking = walk(searching, partner, State.FINISHED)

    with pytest.raises(NotNow):
        keep(booking, partner, lists[P.TIDY_UP], 0)

    assert rows() == []


def test_no_item_of_the_list_is_none(lists, searching, partner):
    job = claimed(searching, partner)

    assert keep(job, partner, lists[P.PREPARATION], 0, 2, 99, -1) == [0]


def test_one_box_alone_leaves_the_others_as_they_are(lists, searching, partner):
    job = claimed(searching, partner)
    keep(job, partner, lists[P.PREPARATION], 0)

    now = checking.keep_ticks(
        job.pk, partner.pk, checklist_id=lists[P.PREPARATION].pk, positions={1}, only={1}
    )

    assert now == [0, 1]
    assert rows() == [(0, True, "preparation one"), (1, True, "preparation two")]


def test_stranger_ticks_nothing(lists, job, rival_partner):
    with pytest.raises(visit.NotYours):
        keep(job, rival_partner, lists[P.PREPARATION], 0)

    assert rows() == []


def test_own_list_goes_before_the_general_and_a_later_version_before_an_earlier(lists, searching):
    service, at = searching.service, mila_now()
    own = Checklist.objects.create(
        service=service, part=P.TIDY_UP, version=1, items="own", starts_at=at
    )
    new = Checklist.objects.create(part=P.EXPLANATION, version=2, items="new", starts_at=at)
    Checklist.objects.create(
        part=P.PREPARATION, version=2, items="later", starts_at=at + timedelta(days=1)
    )

    found = checklists_of(service.pk, at)

    assert found == [lists[P.PREPARATION], lists[P.PRESENTATION], new, own]


def test_version_of_the_claim_stays_through_the_visit(lists, searching, partner):
    job = claimed(searching, partner)
    newer = Checklist.objects.create(
        part=P.PREPARATION, version=2, items="new", starts_at=mila_now() + timedelta(seconds=1)
    )

    keep(job, partner, lists[P.PREPARATION], 0)
    with pytest.raises(NotNow):
        keep(job, partner, newer, 0)

    assert len(rows()) == 1


def test_catalogue_brings_lists_in_every_language_and_rewrites_none(catalogued):
    assert Checklist.objects.filter(service=None).count() == 4
    one = Checklist.objects.get(service=None, part=P.TIDY_UP)
    assert len({one.items_fr, one.items_de, one.items_it, one.items_en}) == 4
    own = Service.objects.get(slug="wifi-slow").checklists.get()
    assert own.part == P.EXPLANATION
    Checklist.objects.filter(pk=one.pk).update(items_fr="Autrement")

    call_command("load_catalogue", verbosity=0, stdout=io.StringIO())

    one.refresh_from_db()
    assert one.items_fr == "Autrement"


# --- The page


def test_page_keeps_the_ticks_and_shows_them(client, lists, searching, partner):
    job = claimed(searching, partner)
    client.force_login(partner.user)
    page = reverse("partner:job", args=[job.uuid])
    form = {"checklist": lists[P.PREPARATION].pk, "item": ["0", "x", "7"]}

    answer = client.post(reverse("partner:tick", args=[job.uuid]), form)

    assert answer.status_code == 302
    assert rows() == [(0, True, "preparation one")]
    text = client.get(page).content.decode()
    assert re.search(r'name="item"\s+value="0"\s+checked', text)
    assert text.count("<fieldset disabled>") == 3


@pytest.mark.parametrize("checklist", ["", "x", "99999", "9" * 30])
def test_page_refuses_a_list_that_is_none(client, lists, searching, partner, checklist):
    job = claimed(searching, partner)
    client.force_login(partner.user)

    answer = client.post(
        reverse("partner:tick", args=[job.uuid]), {"checklist": checklist, "item": "0"}
    )

    assert answer.status_code == 409
    assert rows() == []
