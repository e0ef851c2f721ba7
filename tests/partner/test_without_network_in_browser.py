"""A day in a cellar, in a real Chromium with the real service worker (rule L12, D8; fault A3, M24,
S7).
"""

import threading

import pytest
from django.test import Client
from playwright.sync_api import expect

from mila.celery import app
from mila.clock import reset_clock, set_clock
from mila.web import app_files
from payments.models import Charge
from requests_app.actions import visit
from requests_app.actions.offline import made_once, once
from requests_app.models import CallAttempt, OfflineStep, ProgressNote, Rating, SignOff, State
from tests import chromium, factories
from tests.browsing import look
from tests.cast import MORNING, nearly_time, walk
from tests.payments import cast as money

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
# Everything a thief with the unlocked browser could read of what is kept, page by page, store by
# store.
LEFT = """async () => {
    const found = [];
    for (const {name} of await indexedDB.databases()) {
        const database = await new Promise((done) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
        });
        for (const store of database.objectStoreNames) {
            const rows = await new Promise((done) => {
                const asked = database.transaction(store).objectStore(store).getAll();
                asked.onsuccess = () => done(asked.result);
            });
            for (const row of rows) {
                const text = (octets) => octets ? new TextDecoder("latin1").decode(octets) : "";
                const data = text(row.data) + text(row.photo?.data);
                let key = "";
                if (row.key instanceof CryptoKey) {
                    key = await crypto.subtle.exportKey("raw", row.key).then(() => "taken", () => "kept back");
                }
                found.push([store, JSON.stringify(row), data, key]);
            }
        }
        database.close();
    }
    for (const name of await caches.keys()) {
        for (const request of await (await caches.open(name)).keys()) {
            found.push([name, request.url, await (await caches.match(request)).text(), ""]);
        }
    }
    return found;
}"""


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(app.tasks["accounts.deliver"], "apply_async", lambda *args, **kwargs: None)
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def cellar(open_page, live_server, at_once):
    """A function: a job in this state on the phone of its technician, kept for where there is no
    network.
    """
    set_clock(MORNING)
    technician = money.payee(
        user__name="Yanis Corvel", user__email="yanis@example.com", user__language="en"
    )
    customer = factories.UserFactory(name="Odile Perrachon", language="en")
    booking = factories.placed_booking(
        customer=customer, card=money.saved_card(customer), language="en"
    )
    visitor = Client()

    def opened(state):
        walk(booking, technician, state)
        booking.refresh_from_db()
        nearly_time(booking)
        visitor.force_login(technician.user)
        page = open_page(base_url=live_server.url)
        chromium.sign_in(page.context, visitor, live_server.url)
        job = f"/partner/jobs/{booking.uuid}/"
        page.goto(job)
        page.evaluate("navigator.serviceWorker.ready")
        page.reload()
        ahead = ("finish", "sign", "rate", "thanks") if state == State.IN_PROGRESS else ()
        wanted = [job, *(f"{job}{name}/" for name in ("messages", *ahead))]
        chromium.until(
            page, lambda: set(wanted) <= set(page.evaluate("self.milaKeep?.paths() ?? []"))
        )
        return page, booking, technician, job

    yield opened
    reset_clock()


def say_done(page):
    page.fill("[name=done]", "Channel changed\nRepeater placed")
    for name in ("explained", "tidied"):
        page.check(f"[name={name}]", force=True)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/sign/")


def draw(page):
    canvas = page.locator("[data-pad] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 40)
    page.mouse.down()
    for across, down in ((60, 90), (100, 30), (140, 90), (200, 40)):
        page.mouse.move(box["x"] + across, box["y"] + down, steps=6)
    page.mouse.up()


def sign_in_the_cellar(page, job):
    page.context.set_offline(True)
    page.goto(f"{job}finish/")
    say_done(page)
    expect(page.locator("[data-ahead-done]")).to_contain_text("Repeater placed")
    look(page, "cellar-sign")
    draw(page)
    page.locator("button[form=sign]").click()
    page.wait_for_url("**/rate/")
    for name in ("quality", "punctuality", "friendliness"):
        page.locator(f"[name={name}][value='5']").check(force=True)
    page.locator("button[form=stars]").click()
    page.wait_for_url("**/thanks/")
    expect(page.locator("[data-day-what]")).to_contain_text("the signature")
    look(page, "cellar-thanks")


def test_signed_before_finish_tab_closed_opened_again_one_sign_off_one_charge(cellar):
    page, booking, _technician, job = cellar(State.IN_PROGRESS)
    context = page.context
    sign_in_the_cellar(page, job)
    assert not SignOff.objects.exists()

    page.close()
    page = context.new_page()
    page.goto(job)
    expect(page.locator("[data-day-waits]")).to_be_visible()
    expect(page.locator("main")).to_contain_text(booking.contact.street)
    look(page, "cellar-job")
    context.set_offline(False)
    chromium.until(page, lambda: SignOff.objects.exists() and Rating.objects.exists())
    expect(page.locator("[data-day-waits]")).to_be_hidden()

    signed = SignOff.objects.get()
    booking.refresh_from_db()
    assert booking.report["done"].splitlines() == ["Channel changed", "Repeater placed"]
    assert "\n– Channel changed\n– Repeater placed\n" in signed.text
    assert "strokes" in signed.signature
    assert Charge.objects.filter(booking=booking).count() == 1
    assert list(OfflineStep.objects.values_list("step", "done")) == [
        ("finish", True),
        ("sign", True),
        ("rate", True),
    ]
    assert page.evaluate("self.milaKeep.waiting()") == 0


def test_what_waits_is_unreadable_and_gone_after_signing_out(cellar):
    page, booking, _technician, job = cellar(State.IN_PROGRESS)
    secrets = [
        booking.contact.name,
        booking.contact.street,
        booking.contact.phone[-8:],
        "Repeater placed",
    ]
    sign_in_the_cellar(page, job)

    left = page.evaluate(LEFT)
    stores = {row[0] for row in left}
    assert {"keys", "pages", "queue"} <= stores
    assert [
        secret for secret in secrets if any(secret in part for row in left for part in row[1:3])
    ] == []
    assert [row[3] for row in left if row[0] == "keys"] == ["kept back"]

    page.route("**/partner/day/", lambda route: route.abort())  # nothing is sent meanwhile
    page.context.set_offline(False)
    page.goto("/partner/me/")
    page.locator("form[data-signs-out] button").last.click()
    expect(page.locator("[data-unsent]").last).to_be_visible()
    assert page.evaluate("self.milaKeep.waiting()") == 3
    page.locator("form[data-signs-out] button").last.click()
    page.wait_for_url(lambda url: "/partner/" not in url)

    after = page.evaluate(LEFT)
    assert {row[0] for row in after} & {"keys", "pages", "queue"} == set()
    assert not SignOff.objects.exists()


def test_job_that_is_lost_leaves_the_phone_and_says_so(cellar):
    page, booking, technician, job = cellar(State.CONFIRMED)
    assert job in page.evaluate("self.milaKeep.paths()")
    visit.release(booking.pk, technician.pk, by=technician.user, reason="ill")

    page.goto("/partner/jobs/")

    chromium.until(page, lambda: job not in page.evaluate("self.milaKeep.paths()"))
    page.context.set_offline(True)
    page.goto(job)
    expect(page.locator("h1")).to_have_text("No network here")
    assert booking.contact.street not in page.content()


def test_note_without_network_is_sent_once(cellar):
    page, _booking, _technician, job = cellar(State.IN_PROGRESS)
    page.context.set_offline(True)
    page.goto(job)
    page.fill("[name=text]", "The router stands in the cellar")
    page.get_by_role("button", name="Send the note").click()
    expect(page.locator("[data-day-what]")).to_have_text("a note")

    page.context.set_offline(False)
    chromium.until(page, lambda: ProgressNote.objects.exists())
    # the page as it is now
    expect(page.locator("main")).to_contain_text("The router stands in the cellar")
    assert page.evaluate("self.milaKeep.waiting()") == 0

    assert ProgressNote.objects.get().text == "The router stands in the cellar"


def test_step_whose_answer_comes_too_late_is_made_once(cellar, monkeypatch):
    impatient = app_files._worker().replace("STEP_PATIENCE = 12_000", "STEP_PATIENCE = 300")
    monkeypatch.setattr(app_files, "_worker", lambda: impatient)
    page, _booking, _technician, job = cellar(State.CLAIMED)
    chromium.until(page, lambda: f"{job}call/" in page.evaluate("self.milaKeep.paths()"))
    late, keys, sent_later = threading.Event(), [], []

    def made_and_answered_late(*args, key, **kwargs):
        answer = made_once(*args, key=key, **kwargs)
        keys.append(key)
        late.wait(30)
        return answer

    def taken_later(*args, key, **kwargs):
        row = once(*args, key=key, **kwargs)
        sent_later.append(key)
        return row

    monkeypatch.setattr("partner.views.counting.made_once", made_and_answered_late)
    monkeypatch.setattr("partner.views.offline.once", taken_later)
    page.goto(f"{job}call/")
    page.check("[name=reached][value=no]", force=True)
    page.locator("main form[method=post] button[type=submit]").last.click()
    page.wait_for_url(f"**{job}")
    chromium.until(page, lambda: sent_later)
    late.set()
    page.goto("/partner/jobs/")
    expect(page.locator("[data-day-waits]")).to_be_hidden()

    assert CallAttempt.objects.count() == 1
    assert [row.key for row in OfflineStep.objects.all()] == keys == sent_later


def test_conflict_is_shown_until_it_is_understood(cellar):
    page, booking, technician, job = cellar(State.IN_PROGRESS)
    page.context.set_offline(True)
    page.goto(job)
    page.fill("[name=text]", "Nearly there")
    page.get_by_role("button", name="Send the note").click()
    expect(page.locator("[data-day-what]")).to_have_text("a note")
    visit.finish(
        booking.pk,
        technician.pk,
        by=technician.user,
        report={"done": "x", "explained": True, "tidied": True},
    )

    page.context.set_offline(False)
    expect(page.locator("[data-day-refused]")).to_contain_text("a note")
    look(page, "cellar-conflict")

    assert not ProgressNote.objects.exists()
    assert [(row.step, row.done) for row in OfflineStep.objects.all()] == [("note", False)]
    page.locator("[data-day-refused] button").click()
    page.reload()
    expect(page.locator("[data-day-refused] > *")).to_have_count(0)


def test_anybody_without_network_gets_a_page_of_ours_in_their_language(open_page, live_server):
    page = open_page(base_url=live_server.url, locale="de-CH")
    page.goto("/help/")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.context.set_offline(True)

    page.goto("/services/")

    expect(page.locator("h1")).to_have_text("Hier ist kein Netz")
    look(page, "offline")
