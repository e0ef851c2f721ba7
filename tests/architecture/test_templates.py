"""What pages may not hold, so that the content policy can stay strict (fault W1, W12, S12)."""

import ast
import re

import pytest

from tests.architecture import source

FORBIDDEN = {
    # A script of the type JSON is data: no browser runs it.
    "inline script": re.compile(
        r"<script(?![^>]*\s(src=|type=\"application/json\"))[^>]*>", re.IGNORECASE
    ),
    "inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "handler in an attribute": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "htmx that evaluates": re.compile(
        r"hx-on[:=]|hx-(vals|headers|vars|include|confirm)[:\w]*=[\"']\s*js:|hx-trigger=\"[^\"]*\["
    ),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "unescaped data": re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off"),
    "somebody else's address": re.compile(
        r"(src|href|action|poster|data-[\w-]+)\s*=\s*[\"'](https?:)?//", re.IGNORECASE
    ),
}
MAILS = "templates/emails/"
# Each with its reason.
MEANT = {
    # Mail programs read no style sheet.
    ("templates/emails/base.html", "inline style"),
    # Help texts are written in our own code (and by Django's password rules, as a list).
    ("templates/components/_field_notes.html", "unescaped data"),
}
# format_html escapes what it is given; these do not.
UNESCAPED = {"mark_safe", "SafeString", "SafeText", "Markup"}


def faults(text: str) -> list[str]:
    text = re.sub(r"{#.*?#}|{% comment .*?{% endcomment %}", "", text, flags=re.DOTALL)
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]


def test_no_template_weakens_the_content_policy():
    found = {(path, fault) for path, text in source.templates() for fault in faults(text)}

    assert found - MEANT == set()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ('<p style="color: red">', "inline style"),
        ('<a onclick="x()">', "handler in an attribute"),
        ('<div hx-on:click="x()">', "htmx that evaluates"),
        ("<div hx-vals='js:{a: 1}'>", "htmx that evaluates"),
        ('<div hx-trigger="click[ctrlKey]">', "htmx that evaluates"),
        ('<a href="javascript:void(0)">', "script address"),
        ("{{ note|safe }}", "unescaped data"),
        ('<script src="https://cdn.example/x.js"></script>', "somebody else's address"),
        ('<img src="//cdn.example/x.png">', "somebody else's address"),
    ],
)
def test_the_walk_sees_such_a_fault(text, fault):
    assert fault in faults(text)


@pytest.mark.parametrize(
    "text",
    [
        '<script src="{% static "x.js" %}" defer></script>',
        "{# no <style> here #}",
        '<a href="/on/" data-on="sky">',
    ],
)
def test_ordinary_markup_passes(text):
    assert faults(text) == []


def test_no_code_declares_data_safe():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in source.modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and source.dotted(node.func).split(".")[-1] in UNESCAPED
    ]

    assert found == []
