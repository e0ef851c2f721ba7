"""The when step: true times, a day that means itself, a start with nobody
refused (rule B2, B14).
"""

import re
from datetime import datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from accounts.models import CalendarEntry, Technician, WeeklyHours
from accounts.search import refresh_search_rows
from mila.clock import mila_now
from places.calendar import instant
from requests_app.models import State
from tests import factories
from tests.cast import claimed

pytestmark = pytest.mark.django_db
ZONE = "Europe/Paris"
HOUR = timedelta(hours=1)


@pytest.fixture
def draft(now, partner):
    """A draft in Lyon on Tuesday, ten o'clock; Yanis alone could come."""
    draft = factories.DraftFactory(language="fr")
    draft.wishes.all().delete()
    draft.first_start_at = draft.last_start_at = None
    draft.save(update_fields=["first_start_at", "last_start_at"])
    return draft


def url(booking):
    return reverse("customer:draft_when", args=[booking.token])


def at(day, hour, minute=0):
    """An instant of the week of 23 November 2026."""
    return instant(datetime(2026, 11, day, hour, minute), ZONE)


def busy(who, begin, end):
    CalendarEntry.objects.create(
        technician=who, during=DateTimeTZRange(begin, end, "[)"), kind="absence"
    )


def slots(page):
    """By value: whether it is chosen, whether it can be chosen, its words."""
    found = {}
    for tag, words in re.findall(
        r'(<input\s+type="radio"\s+name="slot".*?>)(.*?)</label>', page, re.S
    ):
        value = re.search(r'value="([^"]*)"', tag)[1]
        text = " ".join(re.sub(r"<[^>]*>", " ", words).split())
        found[value] = ("checked" in tag, "disabled" not in tag, text)
    return found


def chosen(page):
    return [value for value, (is_chosen, _free, _words) in slots(page).items() if is_chosen]


def test_each_time_says_how_many_are_free_and_promises_nothing(client, draft, rival_partner):
    busy(rival_partner, at(24, 8), at(24, 17))

    page = client.get(url(draft), headers={"accept-language": "en"}).content.decode()

    assert slots(page)["2026-11-24T15:00"][2] == "15:00 1 free"
    assert slots(page)["2026-11-24T17:00"][2] == "17:00 2 free"
    assert "Nothing is reserved" in page


def test_a_time_with_nobody_is_struck_out(client, draft, partner):
    busy(partner, at(24, 17), at(24, 18))

    page = client.get(url(draft), headers={"accept-language": "en"}).content.decode()

    assert slots(page)["2026-11-24T17:00"] == (False, False, "17:00 nobody is free")
    assert slots(page)["2026-11-24T18:00"][1]


def test_the_first_proposal_is_four_hours_ahead(client, draft):
    page = client.get(url(draft)).content.decode()

    assert chosen(page) == ["2026-11-24T14:00"]
    assert slots(page)["2026-11-24T12:00"][1]  # sooner by hand, from two hours on


def test_the_first_proposal_is_the_first_at_which_somebody_is_free(client, draft, partner):
    busy(partner, at(24, 8), at(25, 9))

    page = client.get(url(draft)).content.decode()

    assert chosen(page) == ["2026-11-25T09:00"]


def test_choosing_a_day_chooses_its_first_free_time(client, draft, partner):
    busy(partner, at(25, 8), at(25, 9))
    sent = {"current": "2026-11-24T14:00", "shown": "2026-11-24", "day": "2026-11-25"}

    page = client.get(url(draft), sent).content.decode()

    assert chosen(page) == ["2026-11-25T09:00"]


def test_continue_right_after_a_tap_on_a_day_saves_nothing_of_the_day_before(client, draft):
    """The form as a browser sends it that had no time to ask for the new state."""
    sent = {
        "current": "2026-11-24T14:00",
        "slot": "2026-11-24T14:00",
        "shown": "2026-11-24",
        "day": "2026-11-25",
    }

    answer = client.post(url(draft), sent)

    assert answer.status_code == 302
    assert not draft.wishes.exists()
    assert chosen(client.get(answer.url).content.decode()) == ["2026-11-25T08:00"]


def test_a_day_on_which_nobody_is_free_chooses_nothing(client, draft, partner):
    busy(partner, at(25, 0), at(26, 0))
    sent = {"current": "2026-11-24T14:00", "shown": "2026-11-24", "other_day": "2026-11-25"}

    page = client.get(url(draft), sent).content.decode()

    assert chosen(page) == []
    assert not any(free for _chosen, free, _words in slots(page).values())
    refused = client.post(url(draft), {"shown": "2026-11-25", "day": "2026-11-25", "current": ""})
    assert refused.status_code == 422
    assert not draft.wishes.exists()


def test_a_time_with_nobody_is_refused_with_the_nearest_free_ones(client, draft, partner):
    busy(partner, at(25, 14), at(25, 15))

    refused = client.post(
        url(draft), {"slot": "2026-11-25T14:00"}, headers={"accept-language": "en"}
    )

    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Nobody is free on Wednesday 25 November" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "15:00" in re.search(r"Free now: ([^<]*)", page)[1]
    assert 'name="current" value="2026-11-25T14:00"' in page  # what was chosen stays
    assert not draft.wishes.exists()


def test_a_wish_is_refused_beside_a_free_one(client, draft, partner):
    busy(partner, at(25, 14), at(25, 15))

    refused = client.post(url(draft), {"wish": "2026-11-25T14:00", "slot": "2026-11-26T14:00"})

    assert refused.status_code == 422
    assert not draft.wishes.exists()


def test_a_free_time_is_kept(client, draft):
    answer = client.post(url(draft), {"slot": "2026-11-25T14:00"})

    assert answer.url == reverse("customer:draft_who", args=[draft.token])
    assert [wish.wall for wish in draft.wishes.all()] == ["2026-11-25T14:00"]


def test_nobody_free_in_the_whole_time_is_said(client, draft, partner):
    busy(partner, mila_now(), mila_now() + timedelta(days=90))

    page = client.get(url(draft), headers={"accept-language": "en"}).content.decode()

    assert slots(page) == {}
    assert "Nobody is free at this place" in page


# --- Moving a visit (rule B9)


def test_moving_shows_first_when_whoever_has_the_job_is_free(client, job, partner, rival_partner):
    busy(partner, at(24, 8), at(24, 19))
    WeeklyHours.objects.filter(technician=partner, weekday=2).update(closes="12:00")

    page = client.get(
        reverse("customer:move", args=[job.token]),
        {"day": "2026-11-25"},
        headers={"accept-language": "en"},
    ).content.decode()

    first, second = page.index("Yanis Corvel is free"), page.index("With somebody else")
    assert (
        first
        < page.index('value="2026-11-25T11:00"')
        < second
        < page.index('value="2026-11-25T12:00"')
    )


def test_moving_proposes_a_time_of_whoever_has_the_job(client, job, partner, rival_partner):
    busy(partner, at(24, 8), at(26, 12))

    page = client.get(reverse("customer:move", args=[job.token])).content.decode()

    assert chosen(page) == ["2026-11-26T12:00"]


def test_a_visit_can_be_moved_over_its_own_time(client, job):
    answer = client.post(reverse("customer:move", args=[job.token]), {"slot": "2026-11-27T14:30"})

    assert answer.status_code == 302
    job.refresh_from_db()
    assert (job.state, job.start_at) == (State.CLAIMED, at(27, 14, 30))


def test_a_visit_is_not_moved_to_a_time_with_nobody(client, job, partner):
    before = job.events.count()
    busy(partner, at(28, 8), at(28, 20))

    refused = client.post(reverse("customer:move", args=[job.token]), {"slot": "2026-11-28T14:00"})

    assert refused.status_code == 422
    job.refresh_from_db()
    assert (job.state, job.start_at, job.events.count()) == (State.CLAIMED, at(27, 14), before)


def test_who_did_not_come_is_not_waited_for_again(
    client, customer, partner, rival_partner, now, stopped_clock
):
    booking = claimed(factories.placed_booking(customer=customer), partner)
    booking.state = State.CONFIRMED
    booking.save(update_fields=["state"])
    stopped_clock(booking.start_at + HOUR)

    page = client.get(reverse("customer:no_show", args=[booking.token])).content.decode()

    assert "Yanis" not in " ".join(words for _c, _f, words in slots(page).values())
    assert all("1" in words for _c, free, words in slots(page).values() if free)


# --- Where nobody works


def test_where_nobody_works_is_said_before_name_and_card(client, draft, partner):
    Technician.objects.filter(pk=partner.pk).update(lat=48.85, lon=2.35)
    refresh_search_rows(partner)

    page = client.get(url(draft), headers={"accept-language": "en"})

    assert "Nobody comes to 69007 Lyon yet" in page.content.decode()
    assert slots(page.content.decode()) == {}
    assert client.get(reverse("customer:draft_who", args=[draft.token])).url == url(draft)


def test_where_nobody_works_no_time_is_kept(client, draft, partner):
    Technician.objects.filter(pk=partner.pk).update(active=False)
    refresh_search_rows(partner)

    answer = client.post(url(draft), {"slot": "2026-11-25T14:00"})

    assert answer.status_code == 409
    assert not draft.wishes.exists()
