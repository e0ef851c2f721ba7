"""Finding phrases, keeping their translations, and seeing what is wrong with them."""

import gettext
import json

import pytest
from django.core.management import call_command

from mila import message_catalogues, translations

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, npgettext, pgettext
a = _("Save")
b = _("%(name)s comes at %(time)s")
c = pgettext("state", "Open")
d = ngettext("one hour", "%(n)s hours", 2)
e = npgettext("bill", "one line", "{n} lines", 2)
f = other("not this")
"""
PAGE = """{% load i18n %}{# a comment #}
<p>{% translate "Save" %}</p>
{% blocktranslate trimmed with name=x %}
  Write to <a href="/help">{{ name }}</a>
{% endblocktranslate %}
{% blocktranslate count n=n %}one star{% plural %}{{ n }} stars{% endblocktranslate %}
"""


@pytest.fixture
def base(tmp_path):
    (tmp_path / "accounts" / "migrations").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "accounts" / "forms.py").write_text(PYTHON)
    (tmp_path / "accounts" / "migrations" / "0001.py").write_text('_("not this either")')
    (tmp_path / "templates" / "page.html").write_text(PAGE)
    return tmp_path


def say(base, language="fr", **texts):
    """Fill every phrase with itself, or with what is given for its first word."""
    source = translations.collect(base)
    said = {
        key: texts.get(phrase.singular.split()[0], phrase.sources) for key, phrase in source.items()
    }
    return translations.merge(language, base, said=said)


def test_finds_what_stands_indented_in_a_page(base):
    page = """<p>
  {% translate "first in its paragraph" %}
  <a href="/">{% translate "then a link" %}</a>
</p>
"""
    (base / "templates" / "indented.html").write_text(page)

    assert {("", "first in its paragraph"), ("", "then a link")} <= set(translations.collect(base))


def test_finds_python_and_templates_with_plurals_and_contexts(base):
    found = translations.collect(base)

    assert set(found) == {
        ("", "Save"),
        ("", "%(name)s comes at %(time)s"),
        ("state", "Open"),
        ("", "one hour"),
        ("bill", "one line"),
        ("", 'Write to <a href="/help">%(name)s</a>'),
        ("", "one star"),
    }
    assert found["", "one star"].plural == "%(n)s stars"
    assert found["bill", "one line"].plural == "{n} lines"
    assert found["", "Save"].files == {"accounts/forms.py", "templates/page.html"}


def test_merge_is_stable_without_dates_and_line_numbers(base):
    translations.merge("fr", base)
    first = translations.po_file("fr", base).read_text()
    (base / "accounts" / "forms.py").write_text("\n\n\n" + PYTHON)

    translations.merge("fr", base)

    assert translations.po_file("fr", base).read_text() == first
    assert "Date" not in first
    assert '#: accounts/forms.py\n#: templates/page.html\nmsgid "Save"' in first


def test_merge_keeps_words_adds_phrases_and_drops_what_is_gone(base):
    say(base, Save=("Enregistrer",))
    (base / "accounts" / "forms.py").write_text('_("Save")\n_("New \\"one\\"\\nhere")')

    lacking = translations.merge("fr", base)
    known, _ = translations.read("fr", base)

    assert lacking == 1
    assert known["", "Save"].texts == ("Enregistrer",)
    assert known["", 'New "one"\nhere'].texts == ("",)
    assert ("state", "Open") not in known


def test_phrase_that_gains_a_plural_wants_new_words(base):
    say(base, Save=("Enregistrer",))
    (base / "accounts" / "forms.py").write_text('ngettext("Save", "Save %(n)s", n)')

    translations.merge("fr", base)

    assert translations.read("fr", base)[0]["", "Save"].texts == ("", "")


def test_english_says_itself(base):
    assert translations.merge("en", base) == 0
    assert translations.problems("en", base) == []


def test_filled_catalogue_has_no_problem_and_works(base):
    say(base, Save=("Enregistrer",))
    translations.merge("fr", base, said={("", "one star"): ("une étoile", "%(n)s étoiles")})

    message_catalogues.compile_catalogues(base / "locale")

    assert translations.problems("fr", base) == []
    said = gettext.translation("django", base / "locale", ["fr"])
    assert said.gettext("Save") == "Enregistrer"
    assert said.ngettext("one star", "%(n)s stars", 0) == "une étoile"
    assert said.ngettext("one star", "%(n)s stars", 2) == "%(n)s étoiles"
    assert said.pgettext("state", "Open") == "Open"


def test_missing_catalogue_lacks_everything(base):
    assert len(translations.problems("de", base)) == 7


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"%(name)s": ("%(name)s kommt",)}, "other placeholders"),
        ({"%(name)s": ("%(name)s kommt um %(zeit)s",)}, "other placeholders"),
        ({"Write": ("Schreiben Sie an %(name)s",)}, "other tags"),
        ({"Save": ("Sichern!",)}, "an exclamation mark"),
        ({"Save": ("Sichern ",)}, "spaces at an end"),
    ],
)
def test_altered_phrase_is_seen(base, words, fault):
    say(base, "de", **words)

    found = translations.problems("de", base)

    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    "words",
    ["Prix : %s", "« %s", "%s »", "Et %s ?", "%s ; et", "12 %%, %s", "%s:", "Et %s?", "«%s»"],
)
def test_french_sign_without_its_no_break_space_is_seen(base, words):
    (base / "accounts" / "forms.py").write_text('_("Price: %s") ')
    (base / "templates" / "page.html").write_text("")
    translations.merge("fr", base)
    path = translations.po_file("fr", base)
    path.write_text(
        path.read_text()
        .replace('msgstr ""\n', f'msgstr "{words}"\n')
        .replace(f'msgid ""\nmsgstr "{words}"', 'msgid ""\nmsgstr ""')
    )

    assert "no-break space" in translations.problems("fr", base)[0]


def test_french_words_are_typeset_as_they_are_taken_over(base):
    say(base, Save=("« Quoi : %% ou 5 % ? »",))

    assert translations.read("fr", base)[0]["", "Save"].texts == (
        "«\xa0Quoi\xa0: %% ou 5\xa0%\xa0?\xa0»".replace(": %%", ":\xa0%%"),
    )
    assert translations.typeset("de", "Frage : %(name)s") == "Frage : %(name)s"
    assert translations.typeset("fr", "%(a)s %(b)s %s") == "%(a)s %(b)s %s"


def test_number_may_be_left_out_of_the_singular_only(base):
    say(base, "de")
    key = ("", "one star")

    translations.merge("de", base, said={key: ("ein Stern", "Sterne")})
    assert "other placeholders" in translations.problems("de", base)[0]

    translations.merge("de", base, said={key: ("%(n)s Stern", "%(n)s Sterne")})
    assert translations.problems("de", base) == []


def test_fuzzy_and_gone_phrases_are_seen_and_leave_with_the_next_merge(base):
    say(base, "de")
    path = translations.po_file("de", base)
    path.write_text(
        path.read_text().replace('msgid "Save"', '#, fuzzy\nmsgid "Save"')
        + '\nmsgid "Old"\nmsgstr "Alt"\n'
    )

    found = translations.problems("de", base)

    assert found == ["de: fuzzy: 'Save'", "de: no longer in the source: 'Old'"]
    assert translations.merge("de", base) == 1


def test_command_checks_lists_fills_and_compiles(base, monkeypatch, capsys):
    monkeypatch.setattr(translations, "BASE", base)
    compiled = []
    monkeypatch.setattr(message_catalogues, "compile_catalogues", lambda: compiled.append(1))

    call_command("messages")
    with pytest.raises(SystemExit):
        call_command("messages", check=True)
    capsys.readouterr()
    call_command("messages", missing="fr")
    lacking = json.loads(capsys.readouterr().out)
    for entry in lacking:
        entry["texts"] = (
            [entry["singular"], entry["plural"]] if entry["plural"] else [entry["singular"]]
        )
    (base / "filled.json").write_text(json.dumps(lacking))
    call_command("messages", fill=["fr", str(base / "filled.json")])
    call_command("messages", compile=True)

    assert len(lacking) == 7
    assert translations.problems("fr") == []
    assert compiled == [1]
