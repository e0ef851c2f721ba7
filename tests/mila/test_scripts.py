"""The small scripts in a real Chromium, with pages made of the real components and no server behind
them.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from tests import chromium
from tests.mila.conftest import ORIGIN, Site

NOW = datetime(2026, 11, 23, 9, 14, 6, tzinfo=UTC)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
]


def ring(seconds_left):
    return render_to_string(
        "components/_ring.html", {"expires_at": NOW + timedelta(seconds=seconds_left), "now": NOW}
    )


def test_ring_counts_from_the_server_s_instants_whatever_the_device_thinks(site):
    site.stop_clock(NOW + timedelta(hours=3))  # a phone that is three hours ahead
    page = site.open(ring(84))

    expect(page.locator("[data-left]")).to_have_text("1:24")
    page.clock.run_for(20_000)
    expect(page.locator("[data-left]")).to_have_text("1:04")
    left = float(page.locator(".ring-left").get_attribute("stroke-dasharray").split()[0])
    assert 63 < left <= 64.5


def test_ring_is_announced_at_60_30_10_and_at_the_end(site):
    site.stop_clock(NOW)
    page = site.open(ring(64))
    line = page.locator("[aria-live]").last
    said = [line.get_attribute(f"data-say-{second}") for second in (60, 30, 10, 0)]

    expect(line).to_have_text("")
    for span, words in zip((5_000, 30_000, 20_000, 10_000), said, strict=True):
        page.clock.run_for(span)
        expect(line).to_have_text(words)


def test_ring_ends_once_with_an_event_and_stays_at_zero(site):
    site.stop_clock(NOW)
    page = site.open(ring(3))

    page.clock.run_for(2_000)
    assert site.heard("countdown-over") == 0
    expect(page.locator(".ring")).to_have_attribute("data-state", "near")
    page.clock.run_for(20_000)
    assert site.heard("countdown-over") == 1
    expect(page.locator("[data-left]")).to_have_text("0:00")


def test_ring_that_is_swapped_in_later_runs_too(site):
    site.stop_clock(NOW)
    page = site.open('<div id="place"></div>')

    page.evaluate("html => { document.getElementById('place').innerHTML = html }", ring(84))
    page.clock.run_for(20_000)

    expect(page.locator("[data-left]")).to_have_text("1:04")


def test_clock_of_a_promise_runs_and_turns_over(site):
    site.stop_clock(NOW)
    clock = {
        "what": "-",
        "due_at": NOW + timedelta(minutes=61),
        "now": NOW,
        "zone": "Europe/Paris",
        "state": "near",
    }
    page = site.open(render_to_string("components/_clock.html", clock))

    page.clock.run_for(70_000)
    assert page.locator("[data-left]").inner_text().replace("\u00a0", " ") == "59 min"
    page.clock.run_for(62 * 60_000)
    assert page.locator("[data-left]").inner_text().replace("\u00a0", " ") == "− 2 min"
    expect(page.locator(".clock")).to_have_attribute("data-state", "over")
    assert site.heard("clock-over") == 1


def test_news_of_the_stream_becomes_an_event(site):
    site.answers["/events/"] = {
        "body": 'data: {"event": "claimed"}\n\n',
        "content_type": "text/event-stream",
    }
    page = site.open(f'<div data-live-url="{ORIGIN}/events/?ticket=x"></div>')

    chromium.until(page, lambda: site.heard("live"))


def test_without_a_stream_the_page_looks_every_20_seconds(site):
    site.stop_clock(NOW)
    site.answers["/events/"] = {"status": 503}
    site.open(f'<div data-live-url="{ORIGIN}/events/?ticket=x"></div>')
    site.page.wait_for_timeout(300)

    site.page.clock.run_for(61_000)
    assert 2 <= site.heard("live") <= 4


def test_news_stop_with_their_element(site):
    site.stop_clock(NOW)
    site.answers["/events/"] = {"status": 503}
    page = site.open(f'<div data-live-url="{ORIGIN}/events/?ticket=x"></div>')

    page.evaluate("document.querySelector('[data-live-url]').remove()")
    page.clock.run_for(120_000)

    assert site.heard("live") == 0


def draw(page):
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 8):
        page.mouse.move(box["x"] + 40 + step * 20, box["y"] + 40 + step * 9)
        page.wait_for_timeout(20)
    page.mouse.up()


def test_signature_is_posted_as_points_and_can_be_cleared(site):
    page = site.open(
        f"<form>{render_to_string('components/_signature.html', {'who': 'Odile'})}</form>"
    )
    page.locator("[data-pad]:not([hidden])").wait_for()

    draw(page)
    drawn = json.loads(page.locator("[data-strokes]").input_value())
    assert drawn["width"] == page.locator("canvas").bounding_box()["width"]
    assert len(drawn["strokes"]) == 1
    assert len(drawn["strokes"][0]) > 2

    page.locator("[data-clear]").click()
    assert page.locator("[data-strokes]").input_value() == ""


def test_signature_keeps_its_shape_when_the_phone_is_turned(site):
    page = site.open(
        f"<form>{render_to_string('components/_signature.html', {'who': 'Odile'})}</form>"
    )
    page.locator("[data-pad]:not([hidden])").wait_for()
    draw(page)
    before = json.loads(page.locator("[data-strokes]").input_value())

    page.set_viewport_size({"width": 780, "height": 390})
    changed = "wide => JSON.parse(document.querySelector('[data-strokes]').value).width !== wide"
    chromium.until(page, lambda: page.evaluate(changed, before["width"]))

    after = json.loads(page.locator("[data-strokes]").input_value())
    scale = after["width"] / before["width"]
    assert after["strokes"][0][0][0] == pytest.approx(before["strokes"][0][0][0] * scale, abs=0.2)


def test_form_is_sent_once_and_the_button_says_so(site):
    page = site.open(
        '<form method="post" action="/pay"><button class="button" name="do" '
        'value="pay">-</button></form>'
    )

    page.evaluate("for (const _ of [1, 2, 3]) document.querySelector('button').click()")
    expect(page.locator("button")).to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(300)

    assert [call.post_data for call in site.posted] == ["do=pay"]


def test_form_of_htmx_can_be_sent_again_after_its_answer(site):
    site.answers["/save"] = {"status": 422, "body": "<p>no</p>", "content_type": "text/html"}
    page = site.open(
        '<form method="post" action="/save" hx-post="/save" hx-target="#out"><button '
        'class="button">-</button></form>'
        '<div id="out"></div>'
    )

    page.locator("button").click()
    page.locator("#out p").wait_for()
    expect(page.locator("button")).not_to_have_attribute("aria-busy", "true")
    page.locator("button").click()

    chromium.until(page, lambda: len(site.posted) == 2)
    assert site.posted[0].headers["x-csrftoken"] == "t0ken"


def test_a_broken_answer_keeps_the_page_and_says_so(site):
    site.answers["/save"] = {"status": 500, "body": "<p>broken</p>", "content_type": "text/html"}
    page = site.open(
        '<form method="post" hx-post="/save" hx-target="#out"><button '
        'class="button">-</button></form>'
        f'<div id="out">kept</div>{render_to_string("components/_offline.html")}'
    )

    page.locator(".button").click()

    expect(page.locator('[data-when="failed"]')).to_be_visible()
    expect(page.locator("#out")).to_have_text("kept")


def test_no_network_is_said_and_taken_back(site):
    page = site.open(render_to_string("components/_offline.html"))

    site.context.set_offline(True)
    expect(page.locator('[data-when="offline"]')).to_be_visible()
    site.context.set_offline(False)
    expect(page.locator('[data-when="offline"]')).to_be_hidden()


def test_position_is_posted_while_on_the_way_and_ends_with_the_journey(chrome):
    site = Site(
        chrome, geolocation={"latitude": 45.75, "longitude": 4.85}, permissions=["geolocation"]
    )
    site.stop_clock(NOW)
    page = site.open(
        '<p data-position-url="/position/"><span data-position="refused" hidden>-</span></p>'
    )
    chromium.until(page, lambda: site.posted)

    assert "latitude=45.75" in site.posted[0].post_data
    assert site.posted[0].headers["x-csrftoken"] == "t0ken"

    site.answers["/position/"] = {"status": 409}
    site.context.set_geolocation({"latitude": 45.76, "longitude": 4.85})
    chromium.until(page, lambda: page.clock.run_for(15_100) or len(site.posted) == 2)
    for latitude in (45.77, 45.78):
        site.context.set_geolocation({"latitude": latitude, "longitude": 4.85})
        page.wait_for_timeout(150)
        page.clock.run_for(15_100)
        page.wait_for_timeout(150)
    assert len(site.posted) == 2
    site.context.close()


def test_position_that_is_refused_is_said(chrome):
    site = Site(chrome)
    page = site.open(
        '<p data-position-url="/position/"><span data-position="refused" hidden>-</span></p>'
    )

    expect(page.locator('[data-position="refused"]')).to_be_visible()
    assert site.posted == []
    site.context.close()


def test_message_is_closed_and_error_list_gets_the_focus(site):
    page = site.open(
        '<div class="toast"><p>-</p><button data-dismiss hidden>x</button></div><div tabindex="-1" '
        "data-focus>-</div>"
    )

    expect(page.locator("[data-focus]")).to_be_focused()
    page.locator("[data-dismiss]").click()
    expect(page.locator(".toast")).to_be_hidden()


def test_message_of_what_was_done_leaves_by_itself_and_one_to_be_read_stays(site):
    site.stop_clock(NOW)
    toast = '<div class="toast" {} role="status"><p>-</p>{}</div>'
    page = site.open(
        '<div class="messages">'
        + toast.format('data-brief id="done"', "")
        + toast.format('data-brief id="asks"', '<a href="/">Look</a>')
        + toast.format('data-kind="danger" id="wrong"', "")
        + "</div>"
    )

    page.clock.run_for(7_000)
    expect(page.locator("#done")).to_be_visible()
    page.clock.run_for(2_000)
    expect(page.locator("#done")).to_be_hidden()
    expect(page.locator("#asks")).to_be_visible()
    expect(page.locator("#wrong")).to_be_visible()


AWAKE = """
    window.calls = [];
    const lock = {released: false, release: async () => { calls.push("let go"); lock.released = true; }};
    const request = async (kind) => { calls.push(kind); lock.released = false; return lock; };
    Object.defineProperty(Navigator.prototype, "wakeLock", {get: () => ({request})});
    Navigator.prototype.vibrate = (pattern) => { calls.push(`vibrates ${(pattern.length + 1) / 2}`); return true; };
    window.AudioContext = class {
        constructor() { this.currentTime = 0; }
        createOscillator() { return {frequency: {}, connect() {}, start: () => calls.push("sounds"), stop() {}}; }
    };
"""


def test_screen_stays_on_for_an_offer_and_the_phone_calls_as_the_time_runs_out(site):
    site.page.add_init_script(AWAKE)
    site.stop_clock(NOW)
    page = site.open(f"<div data-awake>{ring(40)}</div>")
    chromium.until(page, lambda: page.evaluate("calls.length") == 2)
    assert page.evaluate("calls") == ["screen", "vibrates 1"]

    page.locator(".ring").click()  # from now on it may sound
    page.clock.run_for(11_000)
    assert page.evaluate("calls.slice(2)") == ["vibrates 1", "sounds"]
    page.clock.run_for(20_000)
    assert page.evaluate("calls.slice(4)") == ["vibrates 2", "sounds", "sounds"]
    page.clock.run_for(12_000)
    assert page.evaluate("calls.slice(7)") == ["let go"]


def test_offer_that_is_over_lets_the_screen_go(site):
    site.page.add_init_script(AWAKE)
    site.stop_clock(NOW)
    page = site.open(f'<div id="offer" data-awake>{ring(100)}</div>')
    chromium.until(page, lambda: page.evaluate("calls.length") == 2)

    page.evaluate("document.getElementById('offer').removeAttribute('data-awake')")

    chromium.until(page, lambda: page.evaluate("calls.at(-1)") == "let go")
    page.clock.run_for(75_000)
    assert page.evaluate("calls.at(-1)") == "let go"
