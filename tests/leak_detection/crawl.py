"""One person goes through every page they can reach or guess, and hands over what they were
answered.
"""

import io
import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.test import Client
from pypdf import PdfReader

from mila.streams import publish
from tests.leak_detection.words import Canaries
from tests.signing_in import sign_in

# What a page sends its reader to, by hand or by script.
LINK = re.compile(r'\b(?:href|src|action|hx-get|hx-post|data-[a-z-]*url)="([^"]*)"')
PART = re.compile(r'\bhx-get="([^"]*)"')
TICKET = re.compile(r'\bdata-live-url="[^"]*\?ticket=([^"&]+)')
# The person's own telephone and map open these; nothing of them goes to a server of ours or of
# anybody the page chose.
ON_THE_PHONE = ("tel:", "sms:", "geo:", "mailto:")
QUIET_REFERRERS = {"same-origin", "strict-origin", "no-referrer"}
ONLY_POST = 405


@dataclass
class Seen:
    """`fields` that were shown, and the address where; `faults` are wrong whoever asks."""

    fields: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    pages: int = 0


class Visitor:
    """`channel` is the live stream they may hear; `secrets` may stand in an address: keys of their
    own door.
    """

    only_post: set = set()  # views that have refused a GET once; they are asked no more

    def __init__(self, canaries: Canaries, user, *, channel: str = "", secrets=frozenset()):
        self.canaries, self.channel, self.secrets = canaries, channel, secrets
        self.client = Client()
        if user is not None:
            sign_in(self.client, user)

    def look(self, pages, ground: tuple[str, ...]) -> Seen:
        """Get `pages` (address, view); on their ground also the parts they ask for and the variants
        they link to.
        """
        seen, done = Seen(), set()
        waiting = [(address, view, False) for address, view in pages if view not in self.only_post]
        while waiting:
            address, view, part = waiting.pop()
            if (address, part) in done:
                continue
            done.add((address, part))
            answer = self.client.get(address, headers={"HX-Request": "true"} if part else {})
            seen.pages += 1
            if answer.status_code == ONLY_POST:
                self.only_post.add(view)
                continue
            text = self.judge(answer, address, seen)
            waiting += [
                (part, None, True)
                for part in _addresses(PART, text, address)
                if part.startswith(ground)
            ]
            if view is not None:  # one step from what was known
                links = _addresses(LINK, text, address)
                waiting += [
                    (link, None, False) for link in links if link.startswith(ground) and "?" in link
                ]
        return seen

    def judge(self, answer, address: str, seen: Seen) -> str:
        """What the answer shows; its text."""
        content = b"".join(answer) if answer.streaming else answer.content
        cookies = answer.cookies.output()
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        plain = answer.headers.get("Content-Type", "").startswith("text/")
        text = content.decode() if plain else ""
        if answer.headers.get("Content-Type") == "application/pdf":
            shown = self.canaries.in_text(words_of(content))
        else:
            shown = self.canaries.in_text(text) if plain else self.canaries.in_bytes(content)
        asked = self.canaries.in_text(address)  # an echo tells them nothing new
        for where, fields in (
            ("", shown),
            (" headers", self.canaries.in_text(f"{headers}\n{cookies}")),
        ):
            for name in fields - asked:
                seen.fields.setdefault(name, f"{address}{where}")
        if answer.headers.get("Referrer-Policy") not in QUIET_REFERRERS:
            seen.faults.append(f"{address}: tells the next site where its reader comes from")
        links = [
            *LINK.findall(text),
            answer.headers.get("Location", ""),
            answer.headers.get("HX-Redirect", ""),
        ]
        sent = "\n".join(link for link in links if not link.startswith(ON_THE_PHONE))
        told = self.canaries.in_text(sent) - self.secrets - asked
        seen.faults += [f"{address}: {name} in an address" for name in told]
        for ticket in TICKET.findall(text):
            if (channel := publish.read_ticket(ticket)[0]) != self.channel:
                seen.faults.append(f"{address}: a ticket for {channel}")
        return text


def words_of(pdf: bytes) -> str:
    """What a reader of the file reads, and what lies in it."""
    reader = PdfReader(io.BytesIO(pdf))
    files = [file.decode() for inside in reader.attachments.values() for file in inside]
    return "\n".join([*(page.extract_text() for page in reader.pages), *files])


def _addresses(kind, text: str, base: str):
    for link in kind.findall(text):
        whole = urlsplit(urljoin(base, unescape(link)))
        if not whole.scheme and not whole.netloc:
            yield whole._replace(fragment="").geturl()
