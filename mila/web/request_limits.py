"""What a browser may send at all (fault W3): readable text within limits.

One place for every parser of raw input.
"""

import codecs
import json
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest

LONGEST_PATH = 2_000
LONGEST_QUERY = 8_000
LONGEST_NAME = 200
LONGEST_FIELD = 300_000  # a drawn signature is the longest honest field
LARGEST_FORM = 3 * 1024 * 1024
# four photos of 10 MB and the form round them: only where a view takes files
LARGEST_BODY = 48 * 1024 * 1024
DEEPEST = 20
# how Django leaves the bytes of a path that it could not decode
BROKEN = re.compile(r"%[89A-F][0-9A-F]")
READABLE_CHARSETS = {"utf-8", "ascii"}


class Unreadable(BadRequest):
    """The input is no text we can keep. Answered with a calm page and 400."""


class TooLarge(Unreadable):
    """More than anybody needs to send. Answered with 413, an address with 414."""

    def __init__(self, what: str, status: int = 413):
        super().__init__(what)
        self.status = status


def check_text(text: str, *, longest: int = LONGEST_FIELD) -> None:
    """Refuse what PostgreSQL, UTF-8 or a reader could not take: NUL, lone surrogates, absurd
    length.
    """
    if len(text) > longest:
        raise TooLarge("field")
    if "\x00" in text:
        raise Unreadable("NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("lone surrogate") from error


def check_head(request) -> None:
    """Path, query string, cookies, headers and charset, before anything else reads them."""
    if len(request.path_info) > LONGEST_PATH:
        raise TooLarge("path", 414)
    check_text(request.path_info)
    if BROKEN.search(request.path_info):
        raise Unreadable("not UTF-8")
    query = request.META.get("QUERY_STRING", "")
    if len(query) > LONGEST_QUERY:
        raise TooLarge("query", 414)
    try:
        check_text(unquote_to_bytes(query.encode("latin-1", "replace")).decode())
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8") from error
    for value in (
        *request.COOKIES.values(),
        *(v for k, v in request.META.items() if k.startswith("HTTP_")),
    ):
        check_text(value)
    charset = request.content_params.get("charset", "utf-8")
    try:
        known = codecs.lookup(charset).name in READABLE_CHARSETS
    except (LookupError, ValueError):
        known = False
    if not known:
        raise Unreadable("charset")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Unreadable("length")
    if int(length) > LARGEST_BODY:
        raise TooLarge("body")


def takes_files(view):
    """The view's form may bring files: up to LARGEST_BODY in all."""
    view.largest_body = LARGEST_BODY
    return view


def check_size(request, view) -> None:
    """Whether this view may be sent so much; before anything of it is read."""
    if int(request.META.get("CONTENT_LENGTH") or "0") > getattr(view, "largest_body", LARGEST_FORM):
        raise TooLarge("body")


def check_form(request) -> None:
    """Names and values of a form, and names of files. Reads the body, as the CSRF check would."""
    for name, values in request.POST.lists():
        check_text(name, longest=LONGEST_NAME)
        for value in values:
            check_text(value)
    for name, files in request.FILES.lists():
        check_text(name, longest=LONGEST_NAME)
        for file in files:
            check_text(file.name or "")


def read_json(request, *, largest: int = 1_000_000) -> Any:
    """The JSON body of a request, checked through and through: no NaN, no double keys, no depth
    beyond 20.

    Raises Unreadable or TooLarge, which become a clean 400 or 413.
    """
    return parse_json(request.body, largest=largest)


def parse_json(body: bytes, *, largest: int = 1_000_000) -> Any:
    """The same of a body that is at hand already."""
    if len(body) > largest:
        raise TooLarge("body")
    try:
        found = json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable("JSON") from error
    _check_tree(found, DEEPEST)
    return found


def _no_constant(name: str) -> None:
    raise Unreadable(name)


def _once(pairs: list) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a key twice")
    return found


def _check_tree(node: Any, depth: int) -> None:
    if depth == 0:
        raise Unreadable("depth")
    if isinstance(node, str):
        check_text(node)
    elif isinstance(node, float) and node in (float("inf"), float("-inf")):
        raise Unreadable("number")  # 1e400
    elif isinstance(node, int) and node.bit_length() > 63:
        raise Unreadable("number")
    elif isinstance(node, list):
        for item in node:
            _check_tree(item, depth - 1)
    elif isinstance(node, dict):
        for name, item in node.items():
            check_text(name, longest=LONGEST_NAME)
            _check_tree(item, depth - 1)
