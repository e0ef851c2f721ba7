"""What is promised of how the house stands: `python -m bench.house` prints it, this keeps it."""

import pytest

from bench import house


@pytest.fixture(scope="module")
def figures():
    return house.figures()


@pytest.mark.parametrize("name", house.PROMISES)
def test_figure_is_no_more_than_was_promised(figures, name):
    assert figures[name] <= house.PROMISES[name]


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, set()),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, {"b", "c"}),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, {"a", "b"}),
        ({"a": {"a"}}, {"a"}),
        ({}, set()),
    ],
)
def test_circle_is_found_and_what_only_leads_to_it_is_not(imports, found):
    assert house.in_circles(imports) == found
