"""`bin/run --check`: one booking over HTTP, from draft to settled, against the real processes."""

import contextlib
import http.cookiejar
import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator


class CheckError(AssertionError):
    """A step did not end as it should; the sentence says how it did end."""


class Visitor:
    """One person's browser without script: cookies, forms with their token, redirects."""

    def __init__(self, site: str):
        self.site = site
        self.page = ""
        self.address = ""
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str) -> str:
        """The page at `path`, redirects followed; raises CheckError unless it answers 200."""
        return self._open(urllib.request.Request(self._url(path)), "GET", path)  # noqa: S310

    def post(self, path: str, **fields) -> str:
        """Send a form with the token of the page last seen; answers the page it leads to."""
        if token := re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page):
            fields["csrfmiddlewaretoken"] = token[1]
        body = urllib.parse.urlencode(fields, doseq=True).encode()
        return self._open(urllib.request.Request(self._url(path), body), "POST", path)  # noqa: S310

    def _url(self, path: str) -> str:
        return urllib.parse.urljoin(f"{self.site}/", path)

    def _open(self, asked: urllib.request.Request, method: str, path: str) -> str:
        try:
            with self._opener.open(asked, timeout=30) as answer:
                self.page, self.address = answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            raise CheckError(f"{method} {path} answered {error.code}: {_words(error.read().decode())[:300]}") from error
        return self.page


def _words(page: str) -> str:
    """The text of a page, for a message."""
    body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", page)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Print the step with its time when it is done; a step that raises is printed as failed."""
    begun = time.monotonic()
    word = "FAILED"
    try:
        yield
        word = "ok"
    finally:
        sys.stdout.write(f"  {word:7}{time.monotonic() - begun:6.2f} s  {name}\n")
        sys.stdout.flush()


def expect(holds: object, sentence: str) -> None:
    if not holds:
        raise CheckError(sentence)


def until(found, sentence: str, *, within: float = 20.0):
    """Ask again until `found()` answers something true, and answer that."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise CheckError(f"{sentence} (waited {within:.0f} s)")


def walk(site: str) -> int:
    """Every step in order; 0 when all went well, 1 at the first that did not."""
    begun = time.monotonic()
    try:
        for part in (_look_after_health,):
            part(site)
    except (CheckError, OSError) as error:
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.write(f"All went well in {time.monotonic() - begun:.1f} s.\n")
    return 0


def _look_after_health(site: str) -> None:
    somebody = Visitor(site)
    with step("the process answers"):
        expect(somebody.get("/healthz") == "ok", "healthz does not say ok")
    with step("database, both Redis and the sweeps are well"):
        found = json.loads(somebody.get("/readyz"))
        expect(set(found.values()) == {"ok"}, f"readyz says {found}")
    with step("the front page stands"):
        expect("<h1" in somebody.get("/"), "the front page has no heading")
