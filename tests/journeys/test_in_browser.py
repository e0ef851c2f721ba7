"""One job through all hands in a real Chromium: the customer at a desk, the partner on a phone."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts import delivery, mail_words
from accounts.models import Notification
from backoffice.invariants import violations
from dispatch import sweeps as dispatch_sweeps
from mila.celery import app
from mila.clock import mila_now, reset_clock, set_clock
from payments import partners
from payments import sweeps as payment_sweeps
from payments.models import Charge
from payments.standin import user_actions
from places.actions import load_gazetteer
from places.gazetteer import Entry
from requests_app.models import Booking, State
from simulation import factor
from tests import chromium, factories, streaming
from tests.browsing import follow, glance
from tests.cast import MORNING, code_of, nearly_time

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
PASSWORD = "a-long-enough-password"
LYON = Entry("FR", "69007", "69", "Lyon 7e Arrondissement", "", 45.7485, 4.8467, "town")


@pytest.fixture
def site(live_server, settings):
    """Where people come in: the front, behind it the pages and the real process of the event
    streams.
    """
    with (
        streaming.server(MILA_INSTANCE=settings.INSTANCE) as (_process, streams),
        streaming.front(live_server.thread.port, streams) as port,
    ):
        yield f"http://localhost:{port}"


@pytest.fixture
def jobs_at_once(monkeypatch):
    """The worker's jobs run when their transaction has committed; mails wait until they are asked
    for.
    """
    monkeypatch.setattr(app.tasks["accounts.deliver"], "apply_async", lambda *args, **kwargs: None)
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def browsers(site, jobs_at_once, monkeypatch):
    """A customer's page at 1280x800 and a partner's at 390x844; what the browser complains about
    fails the test.
    """
    set_clock(MORNING)
    load_gazetteer([LYON])
    factories.ServiceFactory(
        name_fr="Wi-Fi lent ou instable", search_words_fr="wifi lent\nmon wi-fi rame"
    )
    complaints = []
    with chromium.opened() as browser:

        def opened(width, height, **options):
            context = browser.new_context(
                locale="fr-FR",
                timezone_id="Europe/Paris",
                reduced_motion="reduce",
                base_url=site,
                viewport={"width": width, "height": height},
                **options,
            )
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda note: (
                    complaints.append(note.text) if "Content Security" in note.text else None
                ),
            )
            return page

        yield opened(1280, 800), opened(390, 844, has_touch=True, is_mobile=True)
        reset_clock()
    assert complaints == []


@pytest.fixture
def friend(browsers):
    technician = factories.TechnicianFactory(
        user__name="Yanis Corvel", user__email="yanis@example.com", partner__stripe_account=""
    )
    technician.user.set_password(PASSWORD)
    technician.user.save()
    account = partners.open_account(technician.partner)
    user_actions.onboard(account)
    partners.refresh_account(account)
    return technician


def look(page, name):
    page.wait_for_timeout(150)
    glance(page, f"journey-{name}")


def press(page, selector):
    page.locator(f"{selector} >> visible=true").first.click()


def sign_up(page):
    page.goto("/accounts/signup/")
    look(page, "01-sign-up")
    page.fill("[name=email]", "odile@example.com")
    page.fill("[name=password1]", PASSWORD)
    press(page, "main form button[type=submit]")
    page.wait_for_url("**/confirm-email/")
    look(page, "01-sign-up-code")
    page.fill(
        "[name=code]", mail_words.unsealed(Notification.objects.get(kind="account_code"))["code"]
    )
    press(page, "main form button[value=verify]")
    page.wait_for_url("**/bookings/")


def book(page) -> Booking:
    page.goto("/")
    look(page, "02-home")
    page.fill("[name=q]", "mon wifi est lent")
    page.locator("[name=q]").press("Enter")
    follow(page, page.locator("main a[href='/services/slow-wifi/']").first)
    look(page, "03-service")
    press(page, "a[href*='/book/slow-wifi/'], form[action*='/book/slow-wifi/'] button")
    page.wait_for_url("**/book/slow-wifi/")
    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=postcode]", "69007")
    page.fill("[name=city]", "Lyon")
    page.locator("[name=city]").press("Tab")
    page.wait_for_url("**/when/")
    look(page, "04-place")
    page.locator(".day-card input:enabled").nth(2).check(force=True)
    expect(page.locator(".slot input:enabled").nth(8)).to_have_value(re.compile("2026-11-26T"))
    page.locator(".slot input:enabled").nth(8).check(force=True)
    look(page, "05-when")
    press(
        page,
        ".form-actions button:not([name]), .dock button:not([name]), aside "
        "button[type=submit]:not([name])",
    )
    page.wait_for_url("**/who/")
    page.fill("[name=name]", "Odile Perrachon")
    page.fill("[name=phone]", "06 39 98 01 17")
    page.fill("[name=problem]", "Les chambres n’ont presque rien.")
    look(page, "06-who")
    press(
        page,
        ".form-actions button:not([name]), .dock button:not([name]), aside "
        "button[type=submit]:not([name])",
    )
    page.wait_for_url("**/card/")
    fields = page.frame_locator("[data-card-fields] iframe")
    fields.locator("#number").fill("4242 4242 4242 4242")
    fields.locator("#expiry").fill("12/40")
    fields.locator("#cvc").fill("123")
    for name in ("starts_early", "terms"):
        page.check(f"[name={name}]", force=True)
    look(page, "07-card")
    page.get_by_role("button", name=re.compile("obligation")).locator("visible=true").first.click()
    page.wait_for_url(re.compile(r"/b/[\w-]+/$"))
    look(page, "08-booking-searching")
    return Booking.objects.get(state=State.SEARCHING)


def come_in(phone, email, leads_to) -> None:
    """A technician signs in by hand."""
    phone.goto(f"/accounts/login/?next={leads_to}")
    phone.fill("[name=login]", email)
    phone.fill("[name=password]", PASSWORD)
    press(phone, "main form button[type=submit]")
    phone.wait_for_url(f"**{leads_to}**")


def take(phone) -> None:
    come_in(phone, "yanis@example.com", "/partner/offers/")
    expect(phone.locator("[role=timer]")).to_be_visible()
    look(phone, "09-offer")
    for secret in ("Perrachon", "rue de l’Exemple", "06 39 98"):
        assert secret not in phone.content()
    press(phone, "button[form=take], #take button[type=submit]")
    phone.wait_for_url("**/partner/jobs/**")
    expect(phone.locator("main")).to_contain_text("14 rue de l’Exemple")
    look(phone, "10-job-claimed")


def prepare_and_come(phone, job) -> None:
    phone.goto(f"/partner/jobs/{job}/call/")
    phone.locator("[name=reached][value=yes]").check(force=True)
    phone.fill("[name=note]", "Box au salon.")
    look(phone, "11-call")
    press(phone, "main form button[type=submit]")
    phone.wait_for_url(f"**/partner/jobs/{job}/")
    for move, state in (("confirm", "12-job-confirmed"), ("depart", "13-job-en-route")):
        if move == "depart":
            expect(phone.locator("form[action$='/depart/']")).to_have_count(0)  # six days too early
            nearly_time(Booking.objects.get(uuid=job))
            phone.reload()
        press(phone, f"form[action$='/{move}/'] button[type=submit]")
        expect(phone.locator(f"form[action$='/{move}/']")).to_have_count(0)
        look(phone, state)


def work_and_sign(phone, job) -> None:
    press(phone, "form[action$='/arrive/'] button[type=submit]")
    expect(phone.locator("form[action$='/arrive/']")).to_have_count(0)
    phone.fill("#next [name=code]", code_of(Booking.objects.get(uuid=job)))
    look(phone, "14-job-code")
    press(phone, "#move")
    expect(phone.locator("form[action$='/start/']")).to_have_count(0)
    look(phone, "15-job-in-progress")
    phone.goto(f"/partner/jobs/{job}/finish/")
    phone.fill("[name=done]", "Canal changé, répéteur placé.")
    phone.fill("[name=price]", "60,00")
    for name in ("explained", "tidied"):
        phone.check(f"[name={name}]", force=True)
    look(phone, "16-finish")
    press(phone, "main form button[type=submit]")
    phone.wait_for_url("**/sign/")
    expect(phone.locator("main")).to_contain_text("62,90")
    pad = phone.locator("[data-pad] canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    phone.mouse.move(box["x"] + 20, box["y"] + 40)
    phone.mouse.down()
    for across, down in ((60, 90), (100, 30), (140, 90), (200, 40), (240, 80)):
        phone.mouse.move(box["x"] + across, box["y"] + down, steps=8)
    phone.mouse.up()
    assert "strokes" in phone.input_value("[data-strokes]")
    look(phone, "17-sign")
    press(
        phone,
        "form[id=sign] button[type=submit], button[form=sign], main form "
        "button[type=submit]:not([data-clear])",
    )
    phone.wait_for_url("**/rate/")
    for name in ("quality", "punctuality", "friendliness"):
        phone.locator(f"[name={name}][value='5']").check(force=True)
    look(phone, "18-rate")
    press(phone, "button[form=stars]")
    phone.wait_for_url("**/thanks/")


def test_one_job_through_all_hands(browsers, friend):
    desk, phone = browsers
    sign_up(desk)
    booking = book(desk)
    dispatch_sweeps.sweep()
    take(phone)
    page = f"/b/{booking.token}/"
    desk.goto(page)
    expect(desk.locator("main")).to_contain_text("Yanis Corvel")

    # The customer's open page hears of it by itself, within two seconds.
    booking.refresh_from_db()
    phone.goto(f"/partner/jobs/{booking.uuid}/")
    prepare_and_come(phone, booking.uuid)
    expect(desk.locator(".badge")).to_have_text(re.compile("route", re.I), timeout=2_000)
    look(desk, "14-booking-en-route")

    work_and_sign(phone, booking.uuid)
    payment_sweeps.sweep()

    booking.refresh_from_db()
    charge = Charge.objects.get()
    assert (booking.state, charge.amount_cents, charge.commission_cents) == (
        State.SETTLED,
        6290,
        1200,
    )
    factor.enrol(friend.user)
    phone.goto("/partner/earnings/")
    phone.fill("[name=code]", factor.current_code(friend.user))
    press(phone, "main form button[type=submit]")
    phone.wait_for_url("**/partner/earnings/")
    for amount in ("60,00", "12,00", "48,00"):
        expect(phone.locator("main")).to_contain_text(amount)
    look(phone, "19-earnings")
    desk.goto(page)
    look(desk, "20-booking-settled")
    for row in Notification.objects.filter(kind="receipt"):
        delivery.deliver(row.pk)
    receipt = mail.outbox[-1]
    assert receipt.to == ["odile@example.com"]
    assert "62,90" in receipt.body
    set_clock(mila_now(), speed=1)
    assert violations() == {}
