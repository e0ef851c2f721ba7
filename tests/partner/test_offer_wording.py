"""Every standing an offer may have has its words: what is forgotten fails here, by name."""

import ast
import inspect

from django.utils.functional import Promise

from dispatch.models import OfferState
from partner import offer_cards
from partner.offer_wording import DISPLAY_STATES


def answers(function) -> set[str]:
    """The words of the code a function may answer."""
    returned = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(function)))
        if isinstance(node, ast.Return)
    ]
    found = {
        part.value
        for node in returned
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    return found | {OfferState.QUEUED.value, OfferState.DECLINED.value}


def test_every_standing_has_its_words():
    assert set(DISPLAY_STATES) == answers(offer_cards._display_state) | {"reserve"}


def test_every_standing_but_the_live_one_has_a_head_and_a_text():
    silent = [
        name
        for name, words in DISPLAY_STATES.items()
        if not isinstance(words.head, Promise)
        or (name != "live" and not isinstance(words.text, Promise))
    ]

    assert silent == []
