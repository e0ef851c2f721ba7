"""The pages an order rests on: languages, figures of the policy, a date and a hash
(law R5, R6, R8, R20, R22).
"""

import hashlib
import re
from datetime import timedelta

import pytest
import yaml
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from mila.clock import mila_now
from policy import conditions
from policy.kept import KEPT
from policy.models import PolicyRow, PublishedText
from policy.words import span

LANGUAGES = [code for code, _name in settings.LANGUAGES]
NAMES = list(conditions.DATED)
# The words as they were last dated. New words: a new day in conditions.DATED, and the hash that is
# printed.
WORDS = {
    "terms": ("2026-11-29", "fe5bfed76441"),
    "withdrawal": ("2026-11-28", "dd53c87200ef"),
    "privacy": ("2026-11-28", "04a9f73ee225"),
    "accessibility": ("2026-11-28", "986ffe9e3b81"),
    "reviews": ("2026-11-28", "ff5f965d0a79"),
}


def source(name, language):
    return (conditions.TEXTS / f"{name}.{language}.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_new_words_have_a_new_date(name):
    words = "\n".join(source(name, language) for language in LANGUAGES)
    found = (conditions.DATED[name].isoformat(), hashlib.sha256(words.encode()).hexdigest()[:12])

    assert found == WORDS[name]


@pytest.mark.parametrize("name", NAMES)
def test_each_language_has_the_same_sections_lists_and_facts(name):
    """A language that is behind another would promise something else."""

    def shape(language):
        text = source(name, language)
        kinds = [block.kind + "-" * len(block.lines) for block in conditions.read(text)]
        return kinds, sorted(re.findall(r"\{\w+\}|\]\(\w+\)", text))

    for language in LANGUAGES:
        assert shape(language) == shape("fr"), language


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_figure_stands_in_the_words(name, language):
    """Figures of ours are facts; those that stay are names of norms and of laws."""
    meant = {"2.2", "301", "549"}

    assert (
        set(re.findall(r"\d[\d.,]*\d|\d", re.sub(r"\{\w+\}", "", source(name, language)))) <= meant
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_follow_the_policy_and_say_both_countries_where_they_differ(language, db):
    now = mila_now()
    before = conditions.text("terms", language, now)
    PolicyRow.objects.create(
        key="cancel_free_lead", value=172_800, country="CH", starts_at=now, note="x"
    )
    after = conditions.text("terms", language, now)

    assert "2" in conditions.facts(conditions.in_force(now))["fee"]
    assert before.sha256 != after.sha256
    assert "48" not in before.body
    assert re.search(
        r"24\D+\((France|Frankreich|Francia)\), 48\D+\((Suisse|Schweiz|Svizzera|Switzerland)\)",
        after.body,
    )


def test_version_is_dated_by_the_later_of_words_and_figures(db):
    now = mila_now() + timedelta(days=40)
    PolicyRow.objects.create(
        key="door_wait", value=900, starts_at=now - timedelta(days=1), note="x"
    )

    assert conditions.text("terms", "fr", now).dated == (now - timedelta(days=1)).date()
    assert (
        conditions.text("terms", "fr", now - timedelta(days=39)).dated == conditions.DATED["terms"]
    )


def test_the_same_words_are_kept_once(db):
    one = conditions.text("terms", "de", mila_now())

    assert conditions.keep(one) == conditions.keep(one)
    assert PublishedText.objects.get().body == one.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_page_shows_title_sections_links_and_version(name, language, client, db):
    one = conditions.text(name, language, mila_now())

    page = client.get(
        reverse(f"customer:{name}"), headers={"accept-language": language}
    ).content.decode()

    assert f"<h1>{conditions.read(one.body).__next__().lines[0][0][0]}</h1>" in page
    assert page.count("<h2>") >= source(name, language).count("\n## ")
    assert one.sha256[:8] in page
    assert "{" not in page.split("<main")[1].split("</main>")[0]
    for target in re.findall(r"\]\((\w+)\)", source(name, language)):
        assert f'href="{reverse(f"customer:{target}")}"' in page


def test_log_of_the_server_drops_its_oldest_lines_as_the_page_says():
    compose = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())

    assert compose["services"]["web"]["logging"]["options"]["max-size"]
    assert "push the old ones out" in source("privacy", "en")


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_privacy_page_says_every_period_after_which_something_goes(language):
    """From the one table; sessions end by themselves."""
    told = conditions.text("privacy", language, mila_now()).body

    with translation.override(language):
        assert [name for name, period in KEPT.items() if period and span(period) not in told] == []


@pytest.mark.parametrize("name", [*NAMES, "legal"])
def test_every_page_leads_to_it(name, client, db):
    assert (
        f'href="{reverse(f"customer:{name}")}"'
        in client.get(reverse("customer:help")).content.decode()
    )
