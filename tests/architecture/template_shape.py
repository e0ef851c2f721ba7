"""How a template is written so that a person can read it: what is inside stands two deeper, one
block a line.

Only looked at, never rewritten: between words a formatter's new line is a space that people see.
"""

import re
from collections import Counter
from collections.abc import Iterator

WIDEST = 120
LONGEST = 150

VOID = frozenset(["area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"])
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
HOLDING = frozenset(
    [
        "autoescape",
        "block",
        "blocktranslate",
        "element",
        "for",
        "if",
        "ifchanged",
        "partialdef",
        "slot",
        "spaceless",
        "with",
    ]
)
BETWEEN = frozenset(["elif", "else", "empty", "plural"])
TOKEN = re.compile(
    r"(?P<kept>{% comment .*?{% endcomment %}|{#.*?#}|<!.*?>"
    r"|<(?P<raw>pre|script|style|textarea)\b.*?</(?P=raw)>)"
    r"|{% (?P<tag>\w+).*?%}|{{.*?}}|</(?P<close>[\w-]+)>|<(?P<open>[\w-]+)"
    r"|(?P<end>/?>)|(?P<quote>[\"'])",
    re.DOTALL,
)
CONDITION = re.compile(r"{% (if|elif|endif)\b(.*?)%}")
STATE = re.compile(r"booking\.state (?:[!=]=|in|not in) ")


def faults(text: str) -> Iterator[str]:
    """What is wrong with this template, each with its line."""
    lines = text.splitlines()
    if len(lines) > LONGEST:
        yield f"{len(lines)} lines: cut it into sections (_name.html)"
    for number, line in enumerate(lines, 1):
        if len(line) > WIDEST:
            yield f"{number}: {len(line)} columns"
    yield from _chains(text)
    yield from _Walk(text).faults()


def _chains(text: str) -> Iterator[str]:
    """A condition that asks for the state twice decides what a state means: that is the page
    query's work.
    """
    asked: list[int] = []
    for tag in CONDITION.finditer(text):
        if tag[1] == "if":
            asked.append(0)
        if tag[1] == "endif":
            if asked.pop() > 1:
                number = text.count("\n", 0, tag.start()) + 1
                yield f"{number}: a chain of states ends"
        else:
            asked[-1] += len(STATE.findall(tag[2]))


class _Walk:
    """Through a template, token by token, with what is open at the moment."""

    def __init__(self, text: str):
        self.text = text
        self.lines = text.splitlines()
        self.depth = [len(line) - len(line.lstrip()) for line in self.lines]
        # name, and the line on which it was opened; "<a" inside of its tag
        self.held: list[tuple[str, int]] = []
        self.opened: Counter[int] = Counter()
        self.quote = ""
        self.following = 0  # the first line that was not looked at yet

    def faults(self) -> Iterator[str]:
        for token in TOKEN.finditer(self.text):
            number = self.text.count("\n", 0, token.start())
            before = self.text[self.text.rfind("\n", 0, token.start()) + 1 : token.start()]
            leads = self.following <= number and not before.strip()
            yield from self._texts(number + (not leads))
            self.following = self.text.count("\n", 0, token.end()) + 1
            closes = self._closes(token)
            if leads:
                yield from self._line(
                    number, self.depth[self.held[-1][1]] if closes else self._inside()
                )
            if closes:
                yield from self._close(token, number)
            self._open(token, number)
        yield from self._texts(len(self.lines))
        yield from (
            f"{number + 1}: {count} blocks opened"
            for number, count in self.opened.items()
            if count > 1
        )
        yield from (f"{line + 1}: {what} is never closed" for what, line in self.held)

    def _inside(self) -> int:
        return self.depth[self.held[-1][1]] + 2 if self.held else 0

    def _line(self, number: int, wanted: int) -> Iterator[str]:
        if self.lines[number].strip() and self.depth[number] != wanted:
            yield f"{number + 1}: indented by {self.depth[number]}, not {wanted}"

    def _texts(self, until: int) -> Iterator[str]:
        """The lines up to this one that no token begins."""
        for number in range(self.following, until):
            yield from self._line(number, self._inside())

    def _closes(self, token: re.Match[str]) -> bool:
        in_tag = any(what.startswith("<") for what, _line in self.held)
        if token["quote"] and in_tag:
            self.quote = "" if self.quote == token[0] else self.quote or token[0]
        tag = token["tag"] or ""
        ends_tag = token["end"] and in_tag and not self.quote
        return bool(
            self.held and (token["close"] or ends_tag or tag in BETWEEN or tag.startswith("end"))
        )

    def _close(self, token: re.Match[str], number: int) -> Iterator[str]:
        what, line = self.held.pop()
        tag = token["tag"] or ""
        name = token["close"] or (tag.startswith("end") and tag.removeprefix("end"))
        if name and name != what:
            yield f"{number + 1}: {token[0]} where {what} is open"
        if token["end"] == ">" and what[1:] not in VOID:
            self.held.append((what[1:], line))
        elif tag in BETWEEN:
            self.held.append((what, line))

    def _open(self, token: re.Match[str], number: int) -> None:
        if token["open"]:
            self.held.append((f"<{token['open']}", number))
            self.opened[number] += token["open"] in BLOCKS
        elif token["tag"] in HOLDING:
            self.held.append((token["tag"], number))
