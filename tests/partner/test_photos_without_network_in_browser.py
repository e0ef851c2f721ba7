"""Ticks and photos in a cellar, in a real Chromium with the real service worker
(rule L7, L12, D8; fault A3, M24).
"""

import pytest
from playwright.sync_api import expect

from catalogue.models import Checklist, ChecklistPart
from requests_app.actions import checking, visit
from requests_app.models import ChecklistTick, Message, OfflineStep, State
from tests import chromium, pictures
from tests.browsing import look
from tests.cast import MORNING
from tests.partner.test_without_network_in_browser import LEFT, at_once, cellar

__all__ = ["at_once", "cellar"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
PHOTO = pictures.jpeg(size=(320, 240), comment=b"CanaryPhone in the cellar")


@pytest.fixture
def at_work(cellar):
    Checklist.objects.create(
        part=ChecklistPart.TIDY_UP,
        version=9,
        items="Cables\nPackaging\nKeys",
        starts_at=MORNING.replace(year=2020),
    )
    return cellar(State.IN_PROGRESS)


def box(page, words):
    return page.get_by_label(words, exact=True)


def take_photo(page, job, words):
    page.goto(f"{job}messages/")
    file = {"name": "cellar.jpg", "mimeType": "image/jpeg", "buffer": PHOTO}
    page.set_input_files("[name=photo]", files=[file])
    page.fill("#write [name=text]", words)
    page.locator("#write button[type=submit]").click()
    page.wait_for_url(f"**{job}")


def test_ticks_without_network_stay_and_are_sent_once(at_work):
    page, booking, technician, job = at_work
    page.context.set_offline(True)
    page.goto(job)
    for words in ("Cables", "Keys"):
        box(page, words).check()
    expect(page.locator("[data-day-what]")).to_have_text("a tick")
    chromium.until(page, lambda: page.evaluate("self.milaKeep.waiting()") == 2)

    page.reload()
    expect(box(page, "Cables")).to_be_checked()
    expect(box(page, "Packaging")).not_to_be_checked()
    look(page, "cellar-ticks")
    box(page, "Keys").uncheck()
    chromium.until(page, lambda: page.evaluate("self.milaKeep.waiting()") == 3)
    tidy_up = Checklist.objects.get(version=9)
    checking.keep_ticks(  # another device, meanwhile
        booking.pk, technician.pk, checklist_id=tidy_up.pk, positions={1}
    )
    page.context.set_offline(False)
    chromium.until(page, lambda: OfflineStep.objects.count() == 3)

    expect(page.locator("[data-day-waits]")).to_be_hidden()
    expect(box(page, "Packaging")).to_be_checked()
    expect(box(page, "Keys")).not_to_be_checked()
    assert checking.ticked(booking.assignments.get(ended_at=None)) == {tidy_up.pk: {0, 1}}
    assert ChecklistTick.objects.count() == 4
    assert set(OfflineStep.objects.values_list("step", "done")) == {("tick", True)}


def test_photo_without_network_waits_unreadable_and_is_sent_once(at_work):
    page, _booking, _technician, job = at_work
    page.context.set_offline(True)
    take_photo(page, job, "The plug is broken")
    expect(page.locator("[data-day-what]")).to_have_text("a photo")

    left = [part for row in page.evaluate(LEFT) for part in row[1:3]]
    assert left
    assert [part[:80] for part in left if "CanaryPhone" in part or "plug is" in part] == []

    page.goto(f"{job}messages/")
    expect(page.locator("#write [name=text]")).to_have_value("")  # it waits; not a second time
    page.context.set_offline(False)
    chromium.until(page, lambda: Message.objects.exists())
    expect(page.locator(".thread")).to_contain_text("The plug is broken")
    expect(page.locator(".thread img")).to_have_count(1)

    assert Message.objects.get().photo is not None
    assert OfflineStep.objects.get().step == "messages"
    assert page.evaluate("self.milaKeep.waiting()") == 0


def test_photo_is_gone_with_signing_out(at_work):
    page, _booking, _technician, job = at_work
    page.context.set_offline(True)
    take_photo(page, job, "The plug is broken")
    assert page.evaluate("self.milaKeep.waiting()") == 1
    page.route("**/partner/day/", lambda route: route.abort())  # nothing is sent meanwhile
    page.context.set_offline(False)

    page.goto("/partner/me/")
    page.locator("form[data-signs-out] button").last.click()
    expect(page.locator("[data-unsent]").last).to_be_visible()
    page.locator("form[data-signs-out] button").last.click()
    page.wait_for_url(lambda url: "/partner/" not in url)

    assert {row[0] for row in page.evaluate(LEFT)} & {"keys", "pages", "queue"} == set()
    assert not Message.objects.exists()


def test_photo_and_tick_that_come_too_late_are_shown_as_conflicts(at_work):
    page, booking, technician, job = at_work
    page.context.set_offline(True)
    page.goto(job)
    box(page, "Keys").check()
    expect(page.locator("[data-day-what]")).to_have_text("a tick")
    take_photo(page, job, "")
    expect(page.locator("[data-day-what]")).to_have_text("a tick, a photo")
    visit.fail_visit(
        booking.pk, technician.pk, by=technician.user, reason="No line", fault="nobody"
    )

    page.context.set_offline(False)
    expect(page.locator("[data-day-refused] > *")).to_have_count(2)
    expect(page.locator("[data-day-refused]")).to_contain_text("a photo")
    expect(page.locator("[data-day-refused]")).to_contain_text("a tick")
    look(page, "cellar-photo-conflict")

    assert not Message.objects.exists()
    assert not ChecklistTick.objects.exists()
    assert {row.done for row in OfflineStep.objects.all()} == {False}
