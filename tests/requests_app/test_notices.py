"""Each message in each language, with the facts of its row alone (rule N2; fault T7)."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.template import engines

from accounts import account_mail, delivery, mail_words, search_rows, still_you
from accounts.models import Notification
from dispatch import alerts
from payments import bank_mail
from payments.payouts import telling
from requests_app import notices
from requests_app.lifecycle import MOVES
from requests_app.notices import KINDS
from requests_app.sweeps import CLOCK_NOTICES

WORDS = Path(site.BASE_DIR) / "templates" / "emails"
LANGUAGES = [code for code, _name in site.LANGUAGES]
AT = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)  # Thursday, 17:30 in Paris
LINK = f"{site.SITE_URL}/b/secret/"
# One plausible value for every fact there is, and for what callers may give.
SAMPLES = {
    "place": "69007 Lyon",
    "postcode": "69007",
    "duration_minutes": 60,
    "prepare": ["The box", "The password"],
    "technician": "Yanis Corvel",
    "partner": "Yanis Corvel Friend",
    "who": "Yanis Corvel (Corvel Services)",
    "friend": True,
    "reached": True,
    "visit_code": "4821",
    "card": "Visa •••• 4242, 12/2040",
    "code": "123456",
    "starts_at": [AT, AT + timedelta(days=1)],
    "lines": [
        {"label": "Wi-Fi lent", "quantity": 1, "cents": 6900},
        {"label": "Répéteur", "quantity": 2, "cents": 5000},
    ],
    "distance_m": 4200,
    "papers": [],
    "calendar": {
        "sequence": 7,
        "from": AT.isoformat(),
        "minutes": 60,
        "stands": True,
        "where": "69007 Lyon",
        "who": "Yanis Corvel",
    },
    "until_at": AT,
}
COMMON = {
    "number": "M000042",
    "service": "Wi-Fi lent",
    "country": "FR",
    "currency": "EUR",
    "zone": "Europe/Paris",
}


def sample(fact):
    if fact in SAMPLES:
        return SAMPLES[fact]
    return AT if fact.endswith("_at") else 2590


def carried(kind):
    """Names of the facts a message of this kind carries."""
    notice = KINDS[kind]
    return {notices._name(fact) for fact in notice.facts} | set(notice.given)


def rendered(kind, language="fr", **others):
    facts = {**COMMON, "link": LINK, **{fact: sample(fact) for fact in carried(kind)}, **others}
    row = Notification(
        pk=1, kind=kind, subject_id=uuid.UUID(int=1), email="a@example.com", language=language
    )
    row.sealed = json.dumps(
        {name: facts.pop(name) for name in ("link", *notices.SEALED) if name in facts}
    )
    row.queued_at = AT
    row.context = json.loads(json.dumps(mail_words.storable(facts)))
    return mail_words.render(row)


# About a partner, of no booking: actions.appealing and accounts.actions.
OF_PEOPLE = {"appeal_ops", "appeal_due_ops", "appeal_decided", "suspended", "reinstated"}


def source(name):
    text = (WORDS / f"{name}.txt").read_text()
    return text + "".join(source(part) for part in re.findall(r'include "emails/(\w+)\.txt"', text))


@pytest.fixture
def _holes_show(monkeypatch):
    """A word that asks for a fact nobody gave shows a mark instead of nothing."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "HOLE")


# --- The words


def test_every_kind_has_its_words_and_no_words_are_left_over():
    files = {path.stem for path in WORDS.glob("*.txt")}

    assert {name for name in files if not name.startswith("_")} == {
        *KINDS,
        *account_mail.KINDS.values(),
        still_you.KIND,
        search_rows.KIND,
        delivery.TEXTS_USED_UP,
        alerts.KEPT,
        alerts.COMES,
        *telling.KINDS,
        bank_mail.KIND,
        *OF_PEOPLE,
    }


def test_everything_the_lifecycle_tells_is_a_kind():
    told = {kind for move in MOVES.values() for kind in move.notices}
    told |= {kind for kinds in CLOCK_NOTICES.values() for kind in kinds}

    assert told <= set(KINDS)


@pytest.mark.usefixtures("_holes_show")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_renders(kind, language):
    message = rendered(kind, language)
    [page] = [content for content, _type in message.alternatives]

    assert re.fullmatch(r"\S.{8,100}\S", message.subject)
    for text in (message.subject, message.body, page):
        assert not re.search(r"HOLE|%\(|\{\{|\{%|None|\bNaN\b", text)
    assert re.search(rf"^.+: {re.escape(LINK)}$", message.body, re.MULTILINE)
    assert f'class="button" href="{LINK}"' in page
    assert f'<html lang="{language}">' in page
    assert "\n\n\n" not in message.body


@pytest.mark.usefixtures("_holes_show")
@pytest.mark.parametrize("kind", KINDS)
def test_renders_with_what_may_be_missing(kind):
    absent = {
        "technician": "",
        "prepare": [],
        "reached": False,
        "friend": False,
        "fee_cents": 0,
        "charge_cents": None,
    }
    absent |= {"call_due_at": None, "free_until_at": None, "until_at": None, "distance_m": None}
    message = rendered(
        kind, **{fact: value for fact, value in absent.items() if fact in carried(kind)}
    )

    assert message.subject
    assert "None" not in message.body


@pytest.mark.parametrize("kind", KINDS)
def test_carries_nothing_its_words_do_not_use(kind):
    text = source(kind)

    assert {fact for fact in carried(kind) if not re.search(rf"\b{fact}\b", text)} - {
        "until_at",
        "calendar",
    } == set()


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if any(fact.endswith("_at") for fact in carried(kind))]
)
def test_instants_are_written_with_weekday_and_hour_of_the_place(kind):
    body = rendered(kind).body

    assert "26 novembre" in body
    # papers have the year, and a fault counts until a day
    if kind not in ("receipt", "withdrawn", "fault_noted"):
        assert "jeudi 26 novembre à 17 h 30" in body.replace("\u00a0", " ")


def test_day_before_a_clock_change_is_named_with_its_own_hour():
    """24 hours before Sunday 10:00, when the night was 25 hours long, is
    Saturday 11:00 (fault T7).
    """
    start = datetime(2026, 10, 25, 9, 0, tzinfo=UTC)
    body = rendered("called", start_at=start, confirm_due_at=start - timedelta(hours=24)).body

    assert "dimanche 25 octobre à 10 h" in body.replace("\u00a0", " ")
    assert "samedi 24 octobre à 11 h" in body.replace("\u00a0", " ")
