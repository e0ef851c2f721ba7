"""A page made of the real templates and static files in a real Chromium,
with no server behind it.
"""

import mimetypes
from datetime import timedelta

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from tests import chromium

ORIGIN = "http://localhost:9"


@pytest.fixture
def chrome():
    with chromium.opened() as browser:
        yield browser


class Site:
    """One page and the static files, answered from here; remembers what was posted."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.errors = []
        self.posted = []
        self.answers = {}
        self.body = ""
        self.page.on("pageerror", lambda error: self.errors.append(error))
        self.context.route(f"{ORIGIN}/**", self._answer)

    def _answer(self, route):
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        if route.request.method == "POST":
            self.posted.append(route.request)
        if path.startswith("/static/"):
            file = settings.BASE_DIR / path.strip("/")
            route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(path)[0])
        elif path in self.answers:
            route.fulfill(**self.answers[path])
        elif path == "/":
            route.fulfill(body=self.body, content_type="text/html")
        else:
            route.fulfill(status=204)

    def stop_clock(self, at):
        """The browser's clock stands at that instant, and goes on only by `page.clock.run_for`."""
        # it runs until it is stopped, which goes forward only
        self.page.clock.install(time=at - timedelta(hours=1))
        self.page.clock.pause_at(at)

    def show(self, document):
        """Open a whole page."""
        self.body = document
        self.page.goto(f"{ORIGIN}/", wait_until="networkidle")
        return self.page

    def open(self, content):
        """Open a page with this in its body; `heard` gathers the scripts' events."""
        head = render_to_string("components/_head.html")
        return self.show(
            f'<!doctype html><html lang="fr"><head><meta '
            f'charset="utf-8"><title>-</title>{head}</head>'
            f'<body hx-headers:inherited=\'{{"X-CSRFToken": "t0ken"}}\'>{content}'
            "<script>window.heard = [];"
            "for (const name of ['live', 'countdown-over', 'clock-over'])"
            "addEventListener(name, (event) => heard.push(event.type));</script></body></html>"
        )

    def heard(self, name):
        return self.page.evaluate("name => heard.filter((one) => one === name).length", name)


@pytest.fixture
def site(chrome):
    made = Site(chrome, viewport={"width": 390, "height": 844})
    yield made
    made.context.close()
    assert made.errors == []
