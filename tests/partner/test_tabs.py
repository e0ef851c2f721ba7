"""The places of the partner's app at the foot of its pages."""

from django.template import Context, Template
from django.test import RequestFactory


def tabs(path="/", **context):
    template = Template("{% load partner %}{% partner_tabs %}")
    return template.render(Context({"request": RequestFactory().get(path), **context}))


def test_tabs_mark_the_nearest():
    drawn = tabs("/partner/jobs/17/")

    assert drawn.count("<li>") == 5
    assert '<a href="/partner/jobs/" aria-current="page">' in drawn
    assert drawn.count("aria-current") == 1


def test_tabs_take_the_page_s_word_for_it():
    drawn = tabs("/elsewhere/", tab="offers", offers_waiting=2)

    assert '<a href="/partner/offers/" aria-current="page">' in drawn
    assert '<span class="tabs-count" data-waiting-count>' in drawn
    assert "<span data-count>2</span>" in drawn


def test_tabs_elsewhere_mark_nothing():
    assert "aria-current" not in tabs("/elsewhere/")
