"""Pages as the site has answered them, shown in a real Chromium by a little server of its own, and
watched.

What is watched: a call of the canary, a dialog, a request for an address only a payload knows, a
report of the content policy, and what would run once somebody clicks.
"""

import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath

from django.contrib.staticfiles import finders

from tests import chromium

NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
TOLD = "canary:"
LISTEN = """
(() => {
  const tell = (what) => console.debug("canary:" + what);
  for (const name of ["__ran", "alert", "confirm", "prompt"]) {
    const value = (number) => tell("ran " + number);
    Object.defineProperty(window, name, { value, writable: false });
  }
  addEventListener("securitypolicyviolation", (event) =>
    tell(`report ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
})();
"""
# What runs on a click or a focus, or would if the policy were not there.
ARMED = """
async () => {
  await new Promise((done) => setTimeout(done)); // not by frames: one that is out of sight has none
  const armed = [];
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      const runs = /^(on|hx-on|x-|@|:)/.test(name) ||
        (/^hx-(vals|headers)/.test(name) && /^\\s*js:/.test(value));
      const leads = /^(href|src|action|formaction|data|xlink:href)$/.test(name) &&
        /^(javascript|vbscript|data):/i.test(value.replace(/[\\x00-\\x20]/g, ""));
      const armedWith = runs || leads || /^(srcdoc|ping)$/.test(name);
      if (armedWith && /__ran|canary|alert\\(\\d/.test(value)) {
        armed.push(`${element.tagName} ${name}=${value}`);
      }
    }
  }
  return armed;
}
"""


@dataclass
class Shown:
    """What one page did."""

    ran: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.ran and not self.reports


class Gallery:
    def __init__(self):
        self.pages: dict[str, tuple[dict[str, str], bytes]] = {}
        self.hits: list[str] = []
        self._page = self._server = None

    def hang(self, address: str, headers: dict[str, str], body: bytes) -> None:
        self.pages[address] = headers, body

    def show(self, address: str) -> Shown:
        """Open it and wait until it has loaded; its scripts have run by then."""
        shown, before = Shown(), len(self.hits)

        def heard(note):
            if note.text.startswith(TOLD):
                what = note.text.removeprefix(TOLD)
                (shown.reports if what.startswith("report") else shown.ran).append(what)

        def asked(dialog):
            shown.ran.append(f"dialog {dialog.message}")
            dialog.dismiss()

        self._page.on("console", heard)
        self._page.on("dialog", asked)
        self._page.goto(f"http://127.0.0.1:{self._server.server_port}{address}", wait_until="load")
        # not what a payload opened
        frames = [frame for frame in self._page.frames if frame.url.startswith("http")]
        shown.ran += [f"armed {one}" for frame in frames for one in frame.evaluate(ARMED)]
        shown.ran += [f"asked for {one}" for one in self.hits[before:]]
        self._page.remove_listener("console", heard)
        self._page.remove_listener("dialog", asked)
        return shown

    @contextmanager
    def open(self) -> Iterator["Gallery"]:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        with chromium.opened(NOWHERE_ELSE) as browser:
            context = browser.new_context(
                viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
            )
            context.add_init_script(LISTEN)
            self._page = context.new_page()
            yield self
        self._server.shutdown()
        self._server.server_close()


def _handler(gallery: Gallery):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if "/canary/" in self.path:
                gallery.hits.append(self.path)
            if self.path in gallery.pages:
                self._answer(200, *gallery.pages[self.path])
            elif self.path.startswith("/static/") and (
                found := finders.find(self.path.removeprefix("/static/"))
            ):
                kind = mimetypes.guess_type(PurePosixPath(found))[0] or "application/octet-stream"
                with open(found, "rb") as file:
                    self._answer(
                        200, {"Content-Type": kind, "Cache-Control": "max-age=3600"}, file.read()
                    )
            else:
                self._answer(404, {"Content-Type": "text/plain"}, b"")

        do_POST = do_GET

        def _answer(self, status, headers, body):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Nobody reads it."""

    return Handler
