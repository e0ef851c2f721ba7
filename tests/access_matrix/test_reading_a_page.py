"""What the walk over all forms takes for a refusal; tried on pages with and without one."""

import pytest

from tests.access_matrix.forms import Page

SAYS_NOTHING = [
    '<div role="alert"></div>',
    '<div role="alert" data-filled-later>\n  <p> </p>\n</div><p>Odile</p>',
    '<p class="toast">Saved.</p>',
    '<p class="error-free">Well</p>',
]
REFUSES = [
    '<div role="alert">No.</div>',
    '<div role="alert"><img alt=""><p><b>No.</b></p></div>',
    '<div class="toast" role="alert">No.</div>',
    '<ul class="errorlist"><li>No.</li></ul>',
    '<div class="stack" role="alert"></div><p class="field-error">No.</p>',
]


@pytest.mark.parametrize("text", SAYS_NOTHING)
def test_what_says_nothing_refuses_nothing(text):
    assert not Page(text).refuses


@pytest.mark.parametrize("text", REFUSES)
def test_what_says_no_refuses(text):
    page = Page(text)

    assert page.refuses
    assert "No." in page.said
