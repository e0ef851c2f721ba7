"""A template is read by people: its shape is kept by these tests."""

import pytest

from tests.architecture import source
from tests.architecture.template_shape import LONGEST, WIDEST, faults


def test_every_template_can_be_read():
    found = [f"{path}:{fault}" for path, text in source.templates() for fault in faults(text)]

    assert found == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * (WIDEST + 1), "1: 121 columns"),
        ("<p>x</p>\n" * (LONGEST + 1), "151 lines: cut it into sections (_name.html)"),
        ("<div><p>x</p></div>", "1: 2 blocks opened"),
        ("<p>\nx\n</p>", "2: indented by 0, not 2"),
        ("<p>\n    x\n</p>", "2: indented by 4, not 2"),
        ("<p>\n  x\n  </p>", "3: indented by 2, not 0"),
        ("<ul>\n  <li>a</li>\n   <li>b</li>\n</ul>", "3: indented by 3, not 2"),
        ('<a\nhref="/"\n>x</a>', "2: indented by 0, not 2"),
        ("{% if a %}\n  x\n  {% else %}\n  y\n{% endif %}", "3: indented by 2, not 0"),
        (
            "<p>\n  {% blocktranslate trimmed %}\n  x\n  {% endblocktranslate %}\n</p>",
            "3: indented by 2, not 4",
        ),
        ("<p>x</p>\n  {{ y }}", "2: indented by 2, not 0"),
        ("<div>\n  <p>x</p>", "1: div is never closed"),
        ("<b><i>x</b></i>", "1: </b> where i is open"),
        ("{% if a %}<p>{% endif %}x</p>", "1: {% endif %} where p is open"),
        (
            '{% if booking.state == "claimed" %}a{% elif booking.state == "called" %}b{% endif %}',
            "1: a chain of states ends",
        ),
        (
            '{% if booking.state == "claimed" or booking.state in x %}a{% endif %}',
            "1: a chain of states ends",
        ),
    ],
)
def test_such_a_fault_is_said_with_its_line(text, said):
    assert said in list(faults(text))


@pytest.mark.parametrize(
    "text",
    [
        '<p title="a > b">\n  {# <div><p> #}\n  <a href="{% url "x" %}">{{ y }}</a>,\n  z\n</p>',
        '<input\n  type="text"\n  {% if x %}checked{% endif %}\n>\n<br>\n{{ y }}{% if z %}\n  '
        "*\n{% endif %}",
        "<pre>\nas it is\n</pre>",
        '{% if booking.state == "claimed" %}\n  '
        '{% if booking.state == "called" %}x{% endif %}\n{% endif %}',
    ],
)
def test_ordinary_markup_passes(text):
    assert list(faults(text)) == []
