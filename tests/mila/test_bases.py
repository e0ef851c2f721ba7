"""The frames of every page: what they carry for everybody, and that they stand where little is
known.
"""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import ERROR, SUCCESS
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.utils import translation

from mila.web.context_processors import site_facts

BASES = ("base.html", "partner.html", "minimal.html")


@pytest.fixture
def asked():
    asked = RequestFactory().get("/somewhere/?a=1")
    asked.user = AnonymousUser()
    asked.session = {}
    asked._messages = []
    return asked


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_base_names_its_language_and_lets_people_skip(base, language, asked):
    with translation.override(language):
        page = render_to_string(base, {}, asked)

    assert f'<html lang="{language}">' in page
    assert '<a class="skip" href="#main">' in page
    assert len(re.findall(r'<main[^>]*id="main"', page)) == 1
    assert re.search(r"""hx-headers:inherited='\{"X-CSRFToken": "\w{64}"\}'""", page)


@pytest.mark.parametrize("base", BASES)
def test_base_draws_messages(base, asked):
    page = render_to_string(
        base, {"messages": [Message(SUCCESS, "Kept."), Message(ERROR, "Refused.")]}, asked
    )

    assert page.index('role="status"') < page.index("<p>Kept.</p>")
    assert '<div class="toast" role="alert" data-kind="danger">' in page


def test_messages_for_a_swap_replace_what_hangs_there():
    page = render_to_string(
        "components/_messages.html", {"messages": [Message(SUCCESS, "Kept.")], "swap": True}
    )

    assert 'id="messages" hx-swap-oob="true"' in page


def test_language_switch_comes_back_to_the_page(asked):
    with translation.override("fr"):
        page = render_to_string("base.html", {}, asked)

    assert 'name="next" value="/somewhere/?a=1"' in page
    assert '<button type="submit" name="language" value="de" lang="de">Deutsch</button>' in page
    assert 'value="fr" lang="fr" aria-current="true"' in page


def test_footer_names_the_country_s_numbers(asked):
    swiss = render_to_string(
        "components/_footer.html", {"size": "small", "support_country": "CH"}, asked
    )
    french = render_to_string("components/_footer.html", {"support_country": "FR"}, asked)

    assert 'href="tel:+41445550123"' in swiss
    assert 'href="tel:+33199001234"' in french


def test_context_gives_away_no_secret():
    with override_settings(STRIPE_SECRET_KEY="sk_test_hidden"):
        known = site_facts(None)

    assert "sk_test_hidden" not in repr(known)
    assert known["mila"]["languages"][0] == ("fr", "Français")


def test_clock_shows_day_and_hour_and_runs_only_with_a_now():
    from mila.web.styleguide import NOW

    still = render_to_string(
        "components/_clock.html", {"what": "Call", "due_at": NOW, "zone": "Europe/Paris"}
    )
    with translation.override("fr"):
        runs = render_to_string(
            "components/_clock.html",
            {"what": "Call", "due_at": NOW, "zone": "Europe/Paris", "now": NOW},
        )

    assert "data-clock" not in still
    assert "data-clock" in runs
    assert "lun. 23 nov., 10:14" in runs


@pytest.mark.django_db
def test_style_guide_is_for_builders(client, admin_user):
    assert client.get("/_styleguide/").status_code == 404

    client.force_login(admin_user)
    page = client.get("/_styleguide/").content.decode()
    assert page.count("<h1") == 1
    assert 'data-state="lost"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["login", "signup", "password/reset", "password/reset/done"])
def test_account_pages_wear_the_house_s_clothes(client, path):
    page = client.get(f"/accounts/{path}/").content.decode()

    assert page.count("<h1") == 1
    assert 'class="site-header"' in page
    assert "css/tokens.css" in page
