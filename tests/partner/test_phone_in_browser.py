"""On the phone: what is typed stays until it is sent, offers reach every page, a message ends with
its state.
"""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from dispatch import offers
from mila.clock import reset_clock, set_clock
from requests_app.actions import changes, other_times
from requests_app.lifecycle import Role
from requests_app.models import Booking, Message, State
from tests import cast, chromium, factories
from tests.browsing import look
from tests.cast import MORNING

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
KEPT = "Object.keys(localStorage).filter((name) => name.startsWith('mila:kept:')).length"


@pytest.fixture
def phone(live_server, open_page):
    """A function: a page of this technician's app."""
    set_clock(MORNING)

    def opened(technician):
        visitor = Client()
        visitor.force_login(technician.user)
        page = open_page(base_url=live_server.url)
        cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )
        return page

    yield opened
    reset_clock()


@pytest.fixture
def partner(phone):
    return factories.TechnicianFactory(user__name="Yanis Corvel", user__language="en")


def at(booking, name=""):
    return f"/partner/jobs/{booking.uuid}/{name}"


def test_finish_survives_a_reload_and_is_gone_once_sent(phone, partner):
    booking = cast.walk(factories.placed_booking(), partner, State.IN_PROGRESS)
    page = phone(partner)
    page.goto(at(booking, "finish/"))
    page.wait_for_load_state("networkidle")
    page.fill("[name=done]", "Canal changé")
    page.check("[name=explained]")

    page.reload()
    page.wait_for_load_state("networkidle")

    expect(page.locator("[name=done]")).to_have_value("Canal changé")
    expect(page.locator("[name=explained]")).to_be_checked()
    page.evaluate("document.querySelector('form[data-keep]').noValidate = true")
    # the tick is missing: refused, and still there
    page.locator("button[type=submit]").last.click()
    expect(page.locator(".errors")).to_be_visible()
    page.reload()
    expect(page.locator("[name=done]")).to_have_value("Canal changé")

    page.check("[name=tidied]")
    page.locator("button[type=submit]").last.click()
    page.wait_for_url("**/sign/")
    page.wait_for_load_state("networkidle")

    assert Booking.objects.get(pk=booking.pk).report["done"] == "Canal changé"
    assert page.evaluate(KEPT) == 0


def test_proposal_and_note_survive_a_reload(phone, partner):
    booking = cast.walk(factories.placed_booking(), partner, State.IN_PROGRESS)
    page = phone(partner)
    for address, name in (("price/", "reason"), ("", "text")):
        page.goto(at(booking, address))
        page.wait_for_load_state("networkidle")
        page.fill(f"[name={name}]", "Une prise de plus")

        page.reload()

        expect(page.locator(f"[name={name}]"), f"{name} is not kept").to_have_value(
            "Une prise de plus"
        )


def test_call_is_kept_and_goes_with_the_sign_out(phone, partner):
    booking = cast.claimed(factories.placed_booking(), partner)
    page = phone(partner)
    page.goto(at(booking, "call/"))
    page.wait_for_load_state("networkidle")
    look(page, "partner-call")
    page.fill("[name=note]", "Rappeler le soir")
    page.goto("/partner/calendar/")
    page.goto(at(booking, "call/"))
    expect(page.locator("[name=note]")).to_have_value("Rappeler le soir")
    assert page.evaluate(KEPT) == 1

    page.goto("/partner/me/")
    page.wait_for_load_state("networkidle")
    page.locator("form[data-forgets] button").click()
    page.wait_for_url(lambda url: "/partner/me/" not in url)

    assert page.evaluate(KEPT) == 0


def test_what_another_person_typed_on_this_phone_is_not_shown(phone, partner):
    booking = cast.claimed(factories.placed_booking(), partner)
    page = phone(partner)
    page.goto(at(booking, "call/"))
    page.wait_for_load_state("networkidle")
    page.fill("[name=note]", "Rappeler le soir")
    page.evaluate(
        "for (const name of Object.keys(localStorage)) if (name.startsWith('mila:kept:'))"
        " localStorage.setItem(name, "
        "JSON.stringify({...JSON.parse(localStorage.getItem(name)), owner: '0'}))"
    )

    page.reload()
    page.wait_for_load_state("networkidle")

    expect(page.locator("[name=note]")).to_have_value("")
    assert page.evaluate(KEPT) == 0


def test_thread_on_both_phones(phone, partner, open_page, live_server):
    booking = cast.claimed(factories.placed_booking(), partner)
    page = phone(partner)
    page.goto(at(booking, "messages/"))
    page.wait_for_load_state("networkidle")
    page.fill("[name=text]", "J’apporte une échelle")
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[name=text]")).to_have_value("J’apporte une échelle")
    page.locator("#write button[type=submit]").click()
    expect(page.locator(".message[data-mine]")).to_contain_text("échelle")
    expect(page.locator("[name=text]")).to_have_value("")
    look(page, "partner-messages")

    theirs = open_page(base_url=live_server.url)
    theirs.goto(f"/b/{booking.token}/messages/")
    theirs.locator(".chip").first.click()
    expect(theirs.locator(".message[data-mine]")).to_be_visible()
    look(theirs, "customer-messages")
    assert Message.objects.count() == 2


def test_offer_reaches_any_page_of_the_app(phone, partner):
    page = phone(partner)
    page.goto("/partner/calendar/")
    page.wait_for_load_state("networkidle")
    title = page.title()
    expect(page.locator(".offer-waiting")).to_be_hidden()
    offers.open_next(factories.placed_booking().pk)

    page.reload()

    expect(page.locator(".offer-waiting")).to_be_visible()
    expect(page.locator("[data-waiting-count]")).to_contain_text("1")
    assert page.title() == f"(1) {title}"
    look(page, "partner-offer-waits")


def test_ill_and_second_appointment_look_right(phone, partner, open_page, live_server):
    today = cast.claimed(factories.placed_booking(), partner)
    page = phone(partner)
    page.goto("/partner/ill/")
    look(page, "partner-ill")
    booking = cast.walk(today, partner, State.CALLED) if today.state != State.CLAIMED else today
    other_times.propose(booking.pk, partner.pk, wall=cast.next_wall(6))
    page.goto(at(booking))
    page.wait_for_load_state("networkidle")
    look(page, "partner-job-times")
    theirs = open_page(base_url=live_server.url)
    theirs.goto(f"/b/{booking.token}/")
    expect(theirs.get_by_role("heading", name="Another time is noted for you")).to_be_visible()
    look(theirs, "customer-time-proposal")
    theirs.goto(f"/b/{booking.token}/not-again/")
    look(theirs, "customer-not-again")


def test_message_ends_with_the_state_it_speaks_of(phone, partner):
    booking = cast.walk(factories.placed_booking(), partner, State.CALLED)
    page = phone(partner)
    page.goto(at(booking))
    page.wait_for_load_state("networkidle")
    page.locator("#move").click()
    expect(page.locator(".messages .toast")).to_be_visible()

    live = (
        "document.querySelector('[data-live-url][hx-get]').dispatchEvent(new CustomEvent('live', "
        "{bubbles: true}))"
    )
    page.evaluate(live)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".messages .toast")).to_be_visible()  # nothing has changed

    changes.cancel(booking.pk, role=Role.OPS, by=None, reason="Appelé")
    page.evaluate(live)

    expect(page.locator(".messages .toast")).to_have_count(0)


# Where a message lies over what is to be pressed, at the top of the page, in its middle and at its end.
COVERED = """() => {
    const dock = document.querySelector(".dock").getBoundingClientRect.bind(document.querySelector(".dock"));
    const found = [];
    for (const y of [0, document.body.scrollHeight / 2, 1e6]) {
        scrollTo(0, y);
        for (const message of document.querySelectorAll(".messages .toast")) {
            const box = message.getBoundingClientRect();
            if (box.bottom > dock().top && box.top < dock().bottom) found.push([y, box.top, dock().top]);
        }
    }
    return found;
}"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (1280, 800)])
def test_message_never_lies_over_the_dock(phone, partner, width, height):
    booking = cast.walk(factories.placed_booking(), partner, State.CALLED)
    page = phone(partner)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(at(booking))
    page.wait_for_load_state("networkidle")
    page.locator("#move").click()
    expect(page.locator(".messages .toast")).to_be_visible()

    assert page.evaluate(COVERED) == []
    page.evaluate("""() => {
        const messages = document.querySelector(".messages");
        Object.assign(messages.style, { position: "fixed", insetBlockStart: "auto", insetBlockEnd: "0" });
    }""")
    assert page.evaluate(COVERED) != []  # control: the measure sees it
