"""What a page lets people send: its forms with their fields as a browser would send them, and what
it says to them.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

TYPED = {
    "text",
    "textarea",
    "email",
    "tel",
    "search",
    "url",
    "number",
    "date",
    "time",
    "datetime-local",
    "password",
}
HONEST = {
    "email": "odile@example.com",
    "tel": "06 39 98 01 17",
    "password": "a-long-enough-password",
    "date": "2026-12-03",
    "time": "10:00",
    "datetime-local": "2026-12-03T10:00",
    "number": "5",
    "url": "http://localhost/",
    "checkbox": "on",
}
REFUSING = {"errorlist", "errornote", "field-error"}  # classes


@dataclass
class Field:
    """One box: what stands in it, or what a person might put there."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)

    @property
    def honest(self) -> str:
        return self.value or next(filter(None, self.options), HONEST.get(self.kind, "Bon"))


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def takes_files(self) -> bool:
        return any(one.kind == "file" for one in self.fields.values())


class Page(HTMLParser):
    """Forms, links, language and what is said with urgency."""

    VOID = {"input", "br", "img", "meta", "link", "hr", "source", "col", "wbr", "use", "path"}

    def __init__(self, text: str, address: str = "/"):
        super().__init__(convert_charrefs=True)
        self.address, self.language, self.links = address, "", []
        self.forms: list[Form] = []
        self.said, self.headed = "", ""
        self.refuses = False
        self._by_id: dict[str, Form] = {}
        self._waiting: list[tuple[str, Field]] = []  # boxes that name their form by its id
        self._form: Form | None = None
        self._box: Field | None = None
        # tags since the alert began, each with whether it stands in what refuses
        self._saying: list[tuple[str, bool]] = []
        self._heading = False
        self.feed(text)
        self.close()
        for name, box in self._waiting:
            if name in self._by_id:
                _put(self._by_id[name], box)

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = found.get("lang", "")
        elif tag == "a" and found.get("href", "").startswith(("/", "?")):
            self.links.append(urljoin(self.address, found["href"]))
        elif tag == "form":
            action = urljoin(self.address, found.get("action", ""))
            self._form = Form(action, found.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in found:
                self._by_id[found["id"]] = self._form
        elif (
            tag in ("input", "textarea", "select", "button")
            and found.get("name")
            and "disabled" not in found
        ):
            self._meet(tag, found)
        elif tag == "option" and self._box is not None:
            self._box.options.append(found.get("value", ""))
            if "selected" in found:
                self._box.value = found.get("value", "")
        if tag == "h1":
            self._heading = True
        kinds = set(found.get("class", "").split())
        refuses = found.get("role") == "alert" or bool(REFUSING & kinds)
        if tag not in self.VOID and (self._saying or refuses or "toast" in kinds):
            inside = bool(self._saying) and self._saying[-1][1]
            self._saying.append((tag, refuses or inside))

    def _meet(self, tag, found):
        kind = found.get("type", "text") if tag == "input" else tag
        box = Field(found["name"], kind)
        if kind in ("radio", "checkbox", "button"):
            box.options.append(found.get("value", "on" if tag == "input" else ""))
        elif tag == "input":
            box.value = found.get("value", "")
        elif tag in ("textarea", "select"):
            self._box = box
        if "form" in found:
            self._waiting.append((found["form"], box))
        elif self._form is not None:
            _put(self._form, box)

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag in ("textarea", "select"):
            self._box = None
        elif tag == "h1":
            self._heading = False
        if any(tag == open_one for open_one, _refuses in self._saying):
            while self._saying.pop()[0] != tag:
                pass

    def handle_data(self, data):
        if self._box is not None and self._box.kind == "textarea":
            self._box.value += data
        if self._saying:
            self.said += data
            # An alert that says nothing, as one a script may fill later, refuses nothing.
            self.refuses |= self._saying[-1][1] and bool(data.strip())
        if self._heading:
            self.headed += data

    def values(self) -> dict[str, set[str]]:
        """By name: what stands in the boxes of that name."""
        found: dict[str, set[str]] = {}
        for form in self.forms:
            for box in form.fields.values():
                found.setdefault(box.name, set()).add(box.value)
        return found


def _put(form: Form, box: Field) -> None:
    if box.name == "csrfmiddlewaretoken" or "__prefix__" in box.name:
        return  # the pattern of a row that a script may add
    known = form.fields.setdefault(box.name, box)
    if known is not box:
        known.options += box.options


def name_of(address: str) -> str:
    """The pattern that answers at this address."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""
