"""Every phrase of the site is said in every language (rule N2)."""

import pytest

from mila import translations


@pytest.fixture(scope="module")
def source():
    return translations.collect()


@pytest.mark.parametrize("language", translations.PLURALS)
def test_every_phrase_is_said_with_its_placeholders(language, source):
    assert translations.problems(language, source=source) == []


def test_languages_are_those_of_the_site(settings):
    assert set(translations.PLURALS) == {code for code, _ in settings.LANGUAGES}


def test_source_has_no_exclamation_mark(source):
    assert [
        phrase.sources for phrase in source.values() if any("!" in text for text in phrase.sources)
    ] == []
