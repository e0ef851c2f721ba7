"""A person's browser without script: cookies, redirects, and forms as they stand on the page.

For what drives the site from outside: `run --check` and the actors of a live simulation. No Django
here.
"""

import http.client
import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

PATIENCE = 60  # seconds for one answer


class PageError(AssertionError):
    """A page is not as it should be; `status` is what the server answered, 0 when it never did."""

    def __init__(self, sentence: str, status: int = 200, body: str = ""):
        super().__init__(sentence)
        self.status, self.body = status, body


@dataclass
class Form:
    """What a form would send if its button were pressed now, and what else it could send."""

    action: str
    method: str
    ident: str
    sent: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)  # of radios, boxes and lists
    texts: set[str] = field(default_factory=set)
    buttons: dict[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return self.texts | self.choices.keys() | self.buttons.keys()

    def filled(self, values: dict[str, object]) -> list[tuple[str, str]]:
        """The pairs to send with these values in their places; PageError for a field or a choice
        that is not there.
        """
        pairs = [pair for pair in self.sent if pair[0] not in values]
        for name, value in values.items():
            for one in value if isinstance(value, list | tuple) else [value]:
                self._check(name, str(one))
                pairs.append((name, str(one)))
        return pairs

    def _check(self, name: str, value: str) -> None:
        offered = [*self.choices.get(name, []), *self.buttons.get(name, [])]
        if name not in self.texts and not offered:
            raise PageError(f"The form has no field {name}, only {', '.join(sorted(self.names))}.")
        if offered and value not in offered:
            raise PageError(f"The form offers no {name} {value!r}, only {', '.join(offered)}.")


class _Reader(HTMLParser):
    """Collects the forms of a page, also controls that stand outside and name their form."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._away: list[tuple[str, str, dict]] = []  # form's id, tag, attributes
        self._select: tuple[Form, str] | None = None
        self._area: tuple[Form, str] | None = None
        self._text = ""

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(
                given.get("action", ""), given.get("method", "get").lower(), given.get("id", "")
            )
            self.forms.append(self._open)
        elif tag in ("input", "button", "select", "textarea"):
            if "form" in given:
                self._away.append((given["form"], tag, given))
            elif self._open is not None:
                self._control(self._open, tag, given)
        elif tag == "option" and self._select is not None:
            form, name = self._select
            form.choices.setdefault(name, []).append(given.get("value", ""))
            if "selected" in given:
                form.sent.append((name, given.get("value", "")))

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value, kind = (
            given.get("name", ""),
            given.get("value", ""),
            given.get("type", "").lower(),
        )
        if not name or "disabled" in given:
            return
        if tag == "button" or (tag == "input" and kind in ("submit", "image", "button", "reset")):
            form.buttons.setdefault(name, []).append(value)
        elif tag == "select":
            self._select = (form, name)
        elif tag == "textarea":
            self._area, self._text = (form, name), ""
            form.texts.add(name)
        elif kind in ("radio", "checkbox"):
            value = given.get("value", "on")
            form.choices.setdefault(name, []).append(value)
            if "checked" in given:
                form.sent.append((name, value))
        elif kind != "file":
            form.texts.add(name)
            form.sent.append((name, value))

    def handle_data(self, data):
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select is not None:
            form, name = self._select
            if name not in dict(form.sent) and form.choices.get(name):
                form.sent.append((name, form.choices[name][0]))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            form, name = self._area
            form.sent.append((name, self._text.removeprefix("\n")))
            self._area = None

    def close(self):
        super().close()
        by_id = {form.ident: form for form in self.forms if form.ident}
        for ident, tag, given in self._away:
            if ident in by_id:
                self._control(by_id[ident], tag, given)


def forms_of(page: str) -> list[Form]:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.forms


def words_of(page: str) -> str:
    """The text of a page, in one line."""
    body = re.sub(r"(?s)<(script|style|head|svg)\b.*?</\1>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


class Visitor:
    """One person with a browser of their own."""

    def __init__(self, site: str, language: str = "fr"):
        self.site = site
        self.page = ""
        self.address = f"{site}/"
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self._opener.addheaders = [("Accept-Language", language), ("User-Agent", "Mila/visitor")]

    @property
    def words(self) -> str:
        return words_of(self.page)

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.address).path

    def get(self, path: str) -> str:
        """The page at `path`, redirects followed; PageError unless it answers 200."""
        return self._open(urllib.request.Request(self._url(path)))  # noqa: S310

    def form(self, *, has: str = "", to: str = "", within: str = "") -> Form:
        """The one form of the page that has this field, leads to an address with this end, or has
        this id.
        """
        found = [
            form
            for form in forms_of(self.page)
            if (not has or has in form.names)
            and (not to or self._url(form.action).endswith(to))
            and (not within or form.ident == within)
        ]
        if len(found) != 1:
            wanted = has or to or within
            raise PageError(f"{self.path} has {len(found)} forms for {wanted}: {self.words[:300]}")
        return found[0]

    def submit(self, form: Form, **values) -> str:
        """Fill in and press the button; answers the page it leads to."""
        pairs = form.filled(values)
        query = urllib.parse.urlencode(pairs)
        url = self._url(form.action)
        if form.method != "post":
            asked = f"{url.partition('?')[0]}?{query}"
            return self._open(urllib.request.Request(asked))  # noqa: S310
        return self._open(
            urllib.request.Request(url, query.encode(), {"Origin": self.site})  # noqa: S310
        )

    def call(self, path: str, fields: Iterable[tuple[str, str]], headers: dict[str, str]) -> dict:
        """What a script of the page would ask of an API: the answer's JSON, a refusal's too.

        The page stays.
        """
        data = urllib.parse.urlencode(list(fields)).encode()
        asked = urllib.request.Request(self._url(path), data, headers)  # noqa: S310
        try:
            text = self._answer(asked)[0]
        except PageError as error:
            if not 400 <= error.status < 500:
                raise
            text = error.body
        found: dict = json.loads(text)
        return found

    def _url(self, path: str) -> str:
        return urllib.parse.urljoin(self.address, path)

    def _open(self, asked: urllib.request.Request) -> str:
        self.page, self.address = self._answer(asked)
        return self.page

    def _answer(self, asked: urllib.request.Request) -> tuple[str, str]:
        """Body and final address; PageError for anything but 200, and with status 0 when no whole
        answer came.
        """
        what = f"{asked.get_method()} {urllib.parse.urlsplit(asked.full_url).path}"
        try:
            with self._opener.open(asked, timeout=PATIENCE) as answer:
                return answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            with error:
                body = error.read().decode(errors="replace")
            raise PageError(
                f"{what} answered {error.code}: {words_of(body)[:300]}", error.code, body
            ) from error
        except (OSError, http.client.HTTPException) as error:  # refused, reset, timed out, cut off
            raise PageError(f"{what}: {error!r}", 0) from error
