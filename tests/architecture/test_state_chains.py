"""No template compares the name of a state, a move or a standing: the page's query hands over what
to show.
"""

import re

import pytest

from dispatch.models import OfferState
from partner.offer_wording import DISPLAY_STATES
from payments.models import ChargeState
from requests_app.models import State
from requests_app.moves import MOVES
from tests.architecture import source

NAMES = {*State.values, *ChargeState.values, *OfferState.values, *MOVES, *DISPLAY_STATES}
CONDITION = re.compile(r"{%-?\s*(?:if|elif|ifchanged)\s(.*?)%}", re.DOTALL)
COMPARED = re.compile(r"(\S+)\s+(?:==|!=|in|not in)\s+(\S+)")
OWNERS = re.compile(r"\.(?:state|standing|move|moves|may)$")
# What a component is told to draw: a word of its own, made by the page's query.
DRAWN = {"step.state"}
# Each with its reason.
MEANT = {
    # Written in its reader's language from stored facts, when the words of the page are long gone.
    ("templates/emails/taken_back.txt", "step"),
    # Which step of a dispute it is about: each has its own words.
    ("templates/emails/dispute_ops.txt", "step"),
    # allauth's own name for the look of a button.
    ("templates/allauth/elements/_button_attributes.html", '"cancel"'),
}


def chains(text: str) -> list[str]:
    """The left or right side of every comparison that names a state, a move or a standing."""
    return [
        left
        for condition in CONDITION.findall(text)
        for left, right in COMPARED.findall(condition)
        if (
            {left.strip("'\""), right.strip("'\"")} & NAMES
            and (left, right) != (left.strip("'\""), right.strip("'\""))
        )
        or ((OWNERS.search(left) or OWNERS.search(right)) and left not in DRAWN)
    ]


def templates():
    yield from source.templates()
    for path in sorted((source.BASE / "templates").rglob("*.txt")):
        yield path.relative_to(source.BASE).as_posix(), path.read_text()


def test_no_template_compares_names_of_states():
    found = {(path, side) for path, text in templates() for side in chains(text)}

    assert found == MEANT


@pytest.mark.parametrize(
    "text",
    [
        '{% if booking.state == "draft" %}',
        '{% if x and one.booking.state != "draft" %}',
        '{% if a %}{% elif kind == "en_route" or kind == "arrived" %}',
        "{% if charge.state == 'succeeded' %}",
        '{% if card.display_state == "live" %}',
        '{% if "release" in page.may %}',
        "{% if booking.state in states %}",
        '{% if "claimed" == it %}',
    ],
)
def test_the_walk_sees_such_a_chain(text):
    assert chains(text)


@pytest.mark.parametrize(
    "text",
    [
        '{% if step.state == "now" %}',
        "{% if page.at_work %}",
        '{% if kind == "menu" %}',
        "{% for one in found %}",
        '<p data-state="held">in the claimed state == none</p>',
    ],
)
def test_ordinary_conditions_pass(text):
    assert chains(text) == []
