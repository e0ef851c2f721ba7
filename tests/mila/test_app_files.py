"""What makes an app of the site, by the list that browsers and Lighthouse ask for (rule L12):
manifest, icons, worker, and a page without network.
"""

import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import resolve, reverse
from PIL import Image

from mila.web import app_files

LANGUAGES = [code for code, _name in settings.LANGUAGES]
APPS = ["partner", "customer"]


def manifest(client, app, language="fr"):
    address = reverse("manifest_partner" if app == "partner" else "manifest")
    answer = client.get(address, headers={"accept-language": language})
    assert answer.headers["Content-Type"] == "application/manifest+json"
    return answer.json()


def file_of(url):
    assert url.startswith(settings.STATIC_URL)
    found = finders.find(url.removeprefix(settings.STATIC_URL))
    assert found, url
    return found


def size_of(url):
    with Image.open(file_of(url)) as picture:
        return picture.size


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("app", APPS)
def test_manifest_says_what_an_app_needs_in_the_language_of_who_installs_it(client, app, language):
    found = manifest(client, app, language)

    assert found["lang"] == language
    assert found["name"]
    assert len(found["short_name"]) <= 12
    assert found["display"] == "standalone"
    assert re.fullmatch(r"#[0-9a-f]{6}", found["theme_color"])
    assert found["start_url"].startswith(found["scope"])


def test_two_apps_are_told_apart(client):
    assert manifest(client, "partner")["id"] != manifest(client, "customer")["id"]


@pytest.mark.parametrize("app", APPS)
def test_icons_are_there_in_the_sizes_they_say(client, app):
    icons = manifest(client, app)["icons"]

    for icon in icons:
        size = tuple(int(side) for side in icon["sizes"].split("x"))
        assert size_of(icon["src"]) == size
    assert {"192x192", "512x512"} <= {one["sizes"] for one in icons if "purpose" not in one}
    assert {"maskable", "monochrome"} <= {one.get("purpose") for one in icons}


@pytest.mark.parametrize(
    ("app", "pages"),
    [
        ("partner", ["partner:offers", "partner:jobs"]),
        ("customer", ["customer:bookings", "customer:services"]),
    ],
)
def test_shortcuts_lead_to_pages_of_ours(client, app, pages):
    shortcuts = manifest(client, app)["shortcuts"]

    assert [resolve(one["url"]).view_name for one in shortcuts] == pages
    assert all(one["name"] and one["icons"] for one in shortcuts)


@pytest.mark.django_db
def test_page_names_manifest_worker_colour_and_the_iphone_s_icon(client):
    page = client.get(reverse("customer:help")).content.decode()

    assert f'<link rel="manifest" href="{reverse("manifest")}"' in page
    assert '<meta name="worker"' in page
    assert '<meta name="theme-color"' in page
    assert "width=device-width" in page
    icon = re.search(r'rel="apple-touch-icon" href="([^"]+)"', page)[1]
    assert size_of(icon) == (180, 180)


def test_worker_looks_after_the_whole_site_and_is_asked_for_anew(client):
    answer = client.get(reverse("worker"))

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "no-cache" in answer.headers["Cache-Control"]


def test_all_that_the_worker_keeps_is_there(client):
    facts = json.loads(re.match(r"const MILA = (.*);\n", app_files._worker())[1])

    assert facts["version"]
    for url in (*facts["files"], facts["library"], facts["icon"], facts["badge"]):
        assert file_of(url)
    assert set(facts["offline"]) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_without_network_stands_alone(client, language):
    page = client.get(reverse("offline", args=[language])).content.decode()

    assert f'<html lang="{language}"' in page
    kept = {file_of(url) for url in app_files_kept()}
    for url in re.findall(r'(?:href|src)="(/static/[^"#]+)', page):
        assert file_of(url) in kept or url.endswith((".svg", ".ico", ".png", ".webmanifest")), url


def app_files_kept():
    return json.loads(re.match(r"const MILA = (.*);\n", app_files._worker())[1])["files"]
