"""Card fields, the bank's question and our two modules in a real Chromium; Django answers without a
server.
"""

import mimetypes
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.db import connections
from django.template.loader import render_to_string
from django.test import Client
from playwright.sync_api import expect

from payments.standin import user_actions
from tests import axe, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(databases=["default", "standin"]),
]
ORIGIN = "http://localhost:9"
POLICY = "default-src 'self'; frame-ancestors 'none'"
WORDS = """data-message-declined="Refused by the bank" data-message-authentication="Not confirmed"
data-message-unavailable="Not reachable" """


@pytest.fixture(scope="module")
def chrome():
    # Playwright's loop runs in this thread; the routes below ask Django from within it.
    with chromium.opened() as browser:
        yield browser


class Window:
    """One page of ours in front of the stand-in; remembers what was sent to the site."""

    def __init__(self, chrome):
        self.client = Client()
        # Routes run in a context of their own; they ask Django over this test's connections, inside
        # its transactions.
        self.connections = {alias: connections[alias] for alias in connections}
        self.context = chrome.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        self.page = self.context.new_page()
        self.errors = []
        self.posted = []
        self.body = ""
        self.away = False
        self.page.on("pageerror", lambda error: self.errors.append(error))
        self.context.route(f"{ORIGIN}/**", self._answer)

    def _answer(self, route):
        asked = route.request
        parts = urlsplit(asked.url)
        if parts.path.startswith("/static/"):
            file = finders.find(parts.path.removeprefix("/static/"))
            with open(file, "rb") as content:
                route.fulfill(body=content.read(), content_type=mimetypes.guess_type(parts.path)[0])
        elif parts.path.startswith("/_stripe/"):
            self._from_django(route, asked, parts)
        else:
            if asked.method == "POST":
                self.posted.append((parts.path, asked.post_data))
            route.fulfill(
                body=self.body,
                content_type="text/html; charset=utf-8",
                headers={"Content-Security-Policy": POLICY},
            )

    def _from_django(self, route, asked, parts):
        if self.away:
            route.abort()
            return
        for alias, connection in self.connections.items():
            connections[alias] = connection
        headers = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asked.headers.items()
        }
        response = self.client.generic(
            asked.method,
            f"{parts.path}?{parts.query}",
            asked.post_data or "",
            content_type=asked.headers.get("content-type", "text/plain"),
            **headers,
        )
        route.fulfill(
            status=response.status_code, body=response.content, headers=dict(response.headers)
        )

    def open(self, content):
        self.body = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pay</title>'
            f'<script src="/static/standin/stripe.js" '
            f"defer></script>{render_to_string('components/_head.html')}</head>"
            f"<body><main><h1>Pay</h1>{content}</main></body></html>"
        )
        self.page.goto(f"{ORIGIN}/order/")
        return self.page


@pytest.fixture
def window(chrome):
    made = Window(chrome)
    yield made
    made.context.close()
    assert made.errors == []


@pytest.fixture
def setup(ask, payer):
    return ask("POST", "/v1/setup_intents", customer=payer)[1]


@pytest.fixture
def status(ask):
    return lambda intent: ask("GET", f"/v1/{intent['object']}s/{intent['id']}")[1]["status"]


def _card_form(intent, extra=""):
    return f"""<form method="post" action="/placed/" data-card-form
        data-publishable-key="pk_test_standin"
        data-client-secret="{intent["client_secret"]}" data-return-url="/order/" {WORDS}>{extra}
        <div data-card-fields></div><p data-card-error role="alert" hidden></p>
        <button name="go" value="1">Order</button></form>"""


def _pay_form(intent, card):
    return f"""<form method="post" action="/paid/" data-pay-form
        data-publishable-key="pk_test_standin"
        data-client-secret="{intent["client_secret"]}" data-payment-method="{card}"
        data-return-url="/order/" {WORDS}>
        <p data-card-error role="alert" hidden></p><button>Confirm</button></form>"""


def _type(page, number="4242 4242 4242 4242", expiry="12/40", cvc="123"):
    frame = page.frame_locator(".standin-frame")
    frame.get_by_label("Card number").press_sequentially(number)
    frame.get_by_label("Expiry (MM/YY)").fill(expiry)
    frame.get_by_label("Security code").fill(cvc)
    return frame


def _bank(page, answer):
    page.frame_locator(".standin-bank iframe").get_by_role(
        "button", name=answer, exact=True
    ).click()


def test_card_is_saved_and_the_form_goes_to_the_server(window, setup, status):
    page = window.open(_card_form(setup))

    frame = _type(page, "4242424242424242")
    expect(frame.get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    expect(page.locator(".standin-frame")).to_have_attribute("title", "Card details")
    page.get_by_role("button", name="Order").click()
    page.wait_for_url("**/placed/")

    assert window.posted == [("/placed/", "go=1")]
    assert status(setup) == "succeeded"


def test_number_never_reaches_our_page(window, setup):
    page = window.open(_card_form(setup))

    _type(page)

    assert page.locator("main input").count() == 0
    assert "4242" not in page.content()


def test_incomplete_card_is_pointed_out_in_the_frame(window, setup, status):
    page = window.open(_card_form(setup))

    frame = _type(page, "4242", "13/40", "1")
    page.get_by_role("button", name="Order").click()

    expect(frame.get_by_role("alert")).to_have_count(3)
    expect(frame.get_by_label("Card number")).to_be_focused()
    frame.get_by_label("Card number").fill("4242424242424241")
    frame.get_by_label("Expiry (MM/YY)").fill("1240")
    frame.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Order").click()
    expect(frame.get_by_role("alert")).to_have_count(1)
    expect(frame.get_by_role("alert")).to_contain_text("card number is not right")
    assert window.posted == []
    assert status(setup) == "requires_payment_method"


def test_refused_card_is_told_on_our_page_and_another_one_works(window, setup, status):
    page = window.open(_card_form(setup))
    frame = _type(page, "4000000000000002")

    page.get_by_role("button", name="Order").click()

    expect(page.locator("[data-card-error]")).to_have_text("Refused by the bank")
    assert window.posted == []
    frame.get_by_label("Card number").fill("4242424242424242")
    page.get_by_role("button", name="Order").click()
    page.wait_for_url("**/placed/")
    assert status(setup) == "succeeded"


@pytest.mark.parametrize(
    ("answer", "left"), [("I agree", "succeeded"), ("I do not agree", "requires_payment_method")]
)
def test_bank_asks_in_a_dialog(window, setup, status, answer, left):
    page = window.open(_card_form(setup))
    _type(page, "4000002760003184")
    page.get_by_role("button", name="Order").click()

    expect(page.get_by_role("dialog")).to_have_attribute("aria-label", "Your bank asks")
    page.keyboard.press("Escape")
    _bank(page, answer)

    if left == "succeeded":
        page.wait_for_url("**/placed/")
    else:
        expect(page.locator("[data-card-error]")).to_have_text("Not confirmed")
    assert len(window.posted) == (left == "succeeded")
    assert status(setup) == left


def test_saved_card_is_sent_as_it_is(window, setup, status):
    radios = """<label><input type="radio" name="card" value="7" checked>Visa 4242</label>
        <label><input type="radio" name="card" value="new">Another</label>"""
    page = window.open(_card_form(setup, radios))

    expect(page.locator("[data-card-fields]")).to_be_hidden()
    page.get_by_label("Another").check()
    expect(page.locator("[data-card-fields]")).to_be_visible()
    page.get_by_label("Visa 4242").check()
    page.get_by_role("button", name="Order").click()
    page.wait_for_url("**/placed/")

    assert window.posted == [("/placed/", "card=7&go=1")]
    assert status(setup) == "requires_payment_method"


def test_confirmed_elsewhere_counts_as_done(window, setup):
    page = window.open(_card_form(setup))
    user_actions.type_card(setup["client_secret"])
    _type(page)

    page.get_by_role("button", name="Order").click()
    page.wait_for_url("**/placed/")

    assert len(window.posted) == 1


def test_lost_connection_says_so_and_can_be_tried_again(window, setup, status):
    page = window.open(_card_form(setup))
    _type(page)
    window.away = True

    page.get_by_role("button", name="Order").click()

    expect(page.locator("[data-card-error]")).to_have_text("Not reachable")
    expect(page.get_by_role("button", name="Order")).not_to_have_attribute("aria-busy", "true")
    window.away = False
    page.get_by_role("button", name="Order").click()
    page.wait_for_url("**/placed/")
    assert status(setup) == "succeeded"


def test_without_the_providers_script_the_page_says_so(window, setup):
    window.context.route("**/stripe.js", lambda route: route.abort())

    page = window.open(_card_form(setup) + _pay_form(setup, "pm_1"))

    for note in page.locator("[data-card-error]").all():
        expect(note).to_have_text("Not reachable")


@pytest.fixture
def refused(ask, save, payer):
    """A payment whose saved card wants the customer: the intent, and that card."""
    card = save("4000002760003184")
    intent = ask("POST", "/v1/payment_intents", amount="10290", currency="eur", customer=payer)[1]
    ask(
        "POST",
        f"/v1/payment_intents/{intent['id']}/confirm",
        payment_method=card,
        off_session="true",
    )
    return intent, card


def test_recovery_page_confirms_the_card_that_was_tried(window, refused, status):
    page = window.open(_pay_form(*refused))

    page.get_by_role("button", name="Confirm").click()
    _bank(page, "I do not agree")
    expect(page.locator("[data-card-error]")).to_have_text("Not confirmed")
    page.get_by_role("button", name="Confirm").click()
    _bank(page, "I agree")
    page.wait_for_url("**/paid/")

    assert [path for path, _ in window.posted] == ["/paid/"]
    assert status(refused[0]) == "succeeded"


def test_recovery_page_opened_again_after_success(window, refused):
    user_actions.confirm_on_session(refused[0]["client_secret"], refused[1])
    page = window.open(_pay_form(*refused))

    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/paid/")

    assert len(window.posted) == 1


def test_another_card_pays_the_same_payment(window, refused, status):
    page = window.open(_card_form(refused[0]))

    _type(page)
    page.get_by_role("button", name="Order").click()
    page.wait_for_url("**/placed/")

    assert status(refused[0]) == "succeeded"


def test_the_other_calls_of_the_script(window, refused, setup):
    page = window.open("")
    intent, card = refused
    given = {"secret": intent["client_secret"], "setup": setup["client_secret"], "card": card}
    seen = page.evaluate(
        """async ({ secret, setup, card }) => {
            const stripe = Stripe("pk_test_standin");
            const errors = [];
            const failing = async (call) => {
                try { await call(); } catch (error) { errors.push(error.message); }
            };
            await failing(() => stripe.handleNextAction({ clientSecret: secret }));
            await failing(() => stripe.confirmPayment({ clientSecret: secret }));
            await failing(() => stripe.confirmPayment({ redirect: "if_required" }));
            await failing(async () => Stripe());
            await failing(async () => stripe.elements({ clientSecret: setup }).create("card"));
            await failing(async () =>
                stripe.elements({ clientSecret: setup }).create("payment").mount("#nowhere"));
            const found = [
                (await stripe.retrieveSetupIntent(setup)).setupIntent.status,
                (await stripe.retrievePaymentIntent(secret)).paymentIntent.status,
                (await stripe.retrievePaymentIntent("pi_x_secret_y")).error.code,
                (await stripe.handleNextAction({ clientSecret: "pi_x_secret_y" })).error.code,
                (await stripe.confirmCardPayment(secret)).error.code,
            ];
            const elements = stripe.elements({ clientSecret: setup });
            const element = elements.create("payment");
            const place = document.createElement("div");
            document.querySelector("main").append(place);
            let ready = 0;
            const gone = () => { ready += 10; };
            element.on("ready", () => { ready += 1; }).on("ready", gone).off("ready", gone);
            element.mount(place);
            const { error } = await elements.submit();
            const same = elements.getElement() === element;
            element.destroy();
            await failing(() => elements.submit());
            const left = place.children.length;
            return { errors, found, incomplete: error.type, ready, same, left };
        }""",
        given,
    )

    assert len(seen["errors"]) == 7
    assert all(message.startswith("IntegrationError") for message in seen["errors"])
    assert seen["found"] == [
        "requires_payment_method",
        "requires_payment_method",
        "resource_missing",
        "resource_missing",
        "parameter_missing",
    ]
    assert (seen["incomplete"], seen["ready"], seen["same"], seen["left"]) == (
        "validation_error",
        1,
        True,
        0,
    )


def test_redirect_goes_back_with_the_outcome(window, refused):
    page = window.open("")

    page.evaluate(
        """({ secret }) => { Stripe("pk_test_standin").confirmPayment({ clientSecret: secret,
            confirmParams: { payment_method: "pm_card_visa",
                return_url: location.origin + "/back/?a=1" } }); }""",
        {"secret": refused[0]["client_secret"]},
    )
    page.wait_for_url("**/back/**")

    assert "redirect_status=succeeded" in page.url
    assert "a=1" in page.url
    assert refused[0]["id"] in page.url


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_of_the_stand_in_are_accessible(window, ask, setup, account, width):
    ask(
        "POST",
        f"/v1/setup_intents/{setup['id']}/confirm",
        payment_method="pm_card_authenticationRequired",
    )
    urls = {"return_url": "https://x.example/", "refresh_url": "https://x.example/"}
    link = ask("POST", "/v1/account_links", account=account, type="account_onboarding", **urls)[1]
    window.page.set_viewport_size({"width": width, "height": 800})
    bank = f"/_stripe/3ds/{setup['id']}/?client_secret={setup['client_secret']}"

    for path in ["/_stripe/card/", bank, urlsplit(link["url"]).path]:
        window.page.goto(f"{ORIGIN}{path}")
        assert (path, axe.faults(window.page)) == (path, [])
        assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert window.page.locator(".standin-mark").count() == 1
