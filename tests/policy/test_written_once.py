"""No figure of the policy is written a second time: neither in words, nor as a span in the code."""

import ast
import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from mila import translations
from policy.figures import Policy
from tests.architecture.source import APPS

ROOT = Path(__file__).resolve().parents[2]
UNIT = (
    r"(?:minutes?|min|hours?|h|days?|seconds?|weeks?|months?|%|km|m|metres|EUR|CHF|euros|stars"
    r"|wishes|tries|jobs)"
)
WORD = r"(?:one|two|three|four|five|six|seven|ten|twelve|fourteen|fifteen|twenty|thirty|half an?)"
SAYS = re.compile(
    rf"\b(?:\d+(?:[.,]\d+)?|{WORD})[\s-]{UNIT}\b|\b\d\d?:\d\d\b|\bfrom \d+ to \d+\b", re.IGNORECASE
)
# Reviewed: what else these numbers are.
OTHER_FIGURES = {
    # accounts.codes
    "It is valid for 15 minutes. Mila never asks you for it, neither by telephone nor by message.",
    "We have sent you a code of eight digits. It is valid for 15 minutes; also look among the "
    "unwanted mail.",
    "We have sent you a message. Type the code you find in it; it is valid for 15 minutes. "
    "If there is a link instead of a code, follow the link.",
    "The link is valid for one hour.",  # settings.PASSWORD_RESET_TIMEOUT
    "The last fourteen days, today on the right.",  # a drawing
    "As of %(clock_now)s, looked up every 30 seconds",
    "With two or three wishes somebody says yes sooner.",
    "as local time, 08:00",  # how an hour is written
    "Time between two tries",  # the name of the figure itself
    "Please give one to five stars for each.",
    "Please choose one to five stars.",
    "Only customers of a finished visit can review it, once, with one to five stars for quality, "
    "punctuality "
    "and friendliness. We publish them newest first with their date, pay for none and leave out "
    "only what the "
    "law forbids. Failures caused by others are not rated. The technician may answer once.",
    "One minute left",  # what the ring says aloud
    "30 seconds left",
    "10 seconds left",
    # The singular of a plural that counts.
    "One day of guarantee",
    "For your safety the link to a booking ends one day after the booking is over.",
    "Something is not right? Tell us within one day: if you are right, money goes back to your "
    "card",
    "Until one day after your signature you can report that something is not right.",
    "Call or write to us until one day after your signature, with the number of your booking.",
    "As a consumer in France you may withdraw for one day: nothing to pay before the work begins, "
    "afterwards only for what was done.",
}
# Only developers read these: the desk of the demo and the style guide play.
PLAYED = {"devstack", "templates/styleguide", "mila/web/styleguide.py", "simulation"}


def said():
    """Phrases with a number of some unit, but those that are played."""
    for phrase in translations.collect().values():
        if not all(any(str(file).startswith(one) for one in PLAYED) for file in phrase.files):
            for text in phrase.sources:
                if SAYS.search(re.sub(r"%\(\w+\)[sd]|\{\{.*?\}\}", "", text)):
                    yield text


def test_no_phrase_says_a_figure():
    assert set(said()) - OTHER_FIGURES == set()


def test_every_reviewed_phrase_is_still_said():
    assert OTHER_FIGURES - set(said()) == set()


@pytest.mark.parametrize(
    "text", ["for two minutes", "until 24 hours before", "half an hour later", "from 8:00 on"]
)
def test_figure_in_words_would_be_found(text):
    assert SAYS.search(text)


def test_country_is_defined_once():
    files = [file for app in APPS for file in (ROOT / app).rglob("*.py")]

    assert [
        str(file.relative_to(ROOT)) for file in files if "class Country(" in file.read_text()
    ] == ["places/place.py"]


# --- Spans and hours in the code


DEFAULTS = {
    part
    for one in fields(Policy)
    for value in [getattr(Policy(), one.name)]
    for part in (value if isinstance(value, tuple) else (value,))
    if isinstance(part, timedelta) and part
}
# steps of a calendar, not figures
UNITS = [timedelta(hours=1), timedelta(days=1), timedelta(days=7)]
# Reviewed: what the spans are that equal one of the policy's by chance.
OTHER_SPANS = {
    "dispatch/alerts.py: timedelta(minutes=10)",  # how often it is looked whether somebody comes
    "accounts/calendar_cut.py: timedelta(days=3)",  # how far the walls of two zones are apart
    "accounts/notifications.py: timedelta(minutes=5)",  # a message that is being sent is stuck
    "accounts/signatures.py: timedelta(minutes=5)",  # how old a provider's message may be
    "accounts/still_you.py: timedelta(minutes=15)",  # a door: no policy row may widen it
    "dispatch/offers/searching.py: timedelta(minutes=5)",  # a pool is looked after
    "backoffice/invariants/bookings.py: timedelta(minutes=2)",  # slack of what must hold
    "payments/operations.py: timedelta(hours=12)",  # until a payout or a refund is looked at again
    "payments/operations.py: timedelta(hours=6)",  # until a refused one is tried again
    "payments/operations.py: timedelta(minutes=2)",  # a lease
    "requests_app/notices.py: timedelta(minutes=10)",  # a mail that asks for a step waits for it
    "partner/promises.py: timedelta(hours=2)",  # a promise is drawn as near
}


def spans():
    """File and text of each timedelta(...) of constants in the product that equals a figure's
    default.
    """
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if (
                app in ("policy", "devstack")
                or "migrations" in file.parts
                or any(map(name.startswith, PLAYED))
            ):
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if getattr(getattr(node, "func", None), "id", "") != "timedelta":
                    continue
                if (
                    all(isinstance(word.value, ast.Constant) for word in node.keywords)
                    and not node.args
                ):
                    span = timedelta(**{word.arg: word.value.value for word in node.keywords})
                    if span in DEFAULTS and span not in UNITS:
                        yield f"{name}: {ast.unparse(node)}"


def test_no_span_of_the_policy_stands_in_the_code():
    assert set(spans()) == OTHER_SPANS


# What its amounts look like, in cents or as they are written.
AMOUNTS = re.compile(r"(?<![\d.])(?:290|490|2_?500|3_?000|2\.90|4\.90|2_?000)(?![\d.])")


def test_no_amount_of_the_policy_stands_on_a_page():
    files = [file for end in ("html", "txt") for file in (ROOT / "templates").rglob(f"*.{end}")]
    files += [file for file in (ROOT / "static" / "js").rglob("*.js") if "vendor" not in file.parts]
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in files
        if "styleguide" not in str(file)
        for line in file.read_text().splitlines()
        if AMOUNTS.search(line)
    ]

    assert found == []
