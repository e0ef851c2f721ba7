"""What is served: our own modules under hashed names, foreign scripts as locked, no word and no
inline script.
"""

import json
import re
import runpy
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

ROOT = settings.BASE_DIR
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted((ROOT / "static" / "js").glob("*.js"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "mila.web.static_storage.StaticStorage"},
    }
    with override_settings(STATIC_ROOT=folder, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder, json.loads((folder / "staticfiles.json").read_text())["paths"]


def test_modules_import_each_other_by_hashed_names(collected):
    folder, paths = collected
    for module in MODULES:
        text = (folder / paths[f"js/{module.name}"]).read_text()
        for target in re.findall(r"""(?:from |import\()"(\.[^"]+)""", text):
            assert re.search(r"\.[0-9a-f]{12}\.js$", target), f"{module.name} imports {target}"
            assert (folder / "js" / target).resolve().exists()


def test_styles_are_collected_and_compressed(collected):
    folder, paths = collected
    for part in ("type", "tokens", "reset", "base", "layout", "components", "pages"):
        assert (folder / f"{paths[f'css/{part}.css']}.gz").exists()


def test_foreign_scripts_are_as_locked():
    vendor = runpy.run_path(str(ROOT / "bin" / "vendor"))

    assert vendor["complaints"]() == []


def test_a_touched_and_an_unknown_script_are_named(tmp_path):
    vendor = runpy.run_path(str(ROOT / "bin" / "vendor"))
    folder = tmp_path / "static" / "vendor"
    folder.mkdir(parents=True)
    take = '{ "a.js" = "static/vendor/a.js", "b.js" = "static/vendor/b.js" }'
    taken = f'[[package]]\nname = "a"\nversion = "1"\nlicence = "MIT"\ntake = {take}\n'
    (folder / "vendor.toml").write_text(taken)
    entry = {"from": "a@1", "licence": "MIT", "sha384": vendor["checksum"](b"a", "sha384")}
    lock = {
        "packages": {"a@1": "", "c@1": ""},
        "files": {"static/vendor/a.js": entry, "static/vendor/gone.js": entry},
    }
    (folder / "vendor.lock.json").write_text(json.dumps(lock))
    (folder / "a.js").write_text("changed")
    (folder / "stray.js").write_text("?")
    inside = vendor["complaints"].__globals__
    inside.update(ROOT=tmp_path, MANIFEST=folder / "vendor.toml", LOCK=folder / "vendor.lock.json")

    assert vendor["complaints"]() == [
        "vendor.toml and vendor.lock.json name different packages.",
        "static/vendor/b.js is not locked.",
        "static/vendor/a.js was changed.",
        "static/vendor/gone.js is missing.",
        "static/vendor/stray.js is unknown.",
    ]


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_templates_keep_the_policy(template):
    """No inline script, style or handler, nothing that htmx would have to evaluate, nothing from
    elsewhere.
    """
    text = template.read_text()
    if template.parent.name != "emails":
        assert not re.search(r"\sstyle\s*=|<style", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/(ld\+)?json)", text)
    assert not re.search(r"\son\w+\s*=|hx-on|[\"']js:|javascript:", text)
    assert not re.search(r"hx-trigger=\"[^\"]*\[", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_every_icon_in_the_templates_is_in_the_sprite():
    known = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "icons.svg").read_text()))
    used = {
        icon
        for template in TEMPLATES
        for icon in re.findall(r"""{% icon ["']([\w-]+)""", template.read_text())
    }

    assert used <= known


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_scripts_have_no_words(module):
    """Sentences come from data- attributes: no string of ours holds two words in a row."""
    text = re.sub(r"//.*", "", module.read_text())
    strings = re.findall(r"""(["'`])(.*?)\1""", text)
    sentences = [string for _, string in strings if re.match(r"[A-Z][a-zà-ü]+ [a-zà-ü]+", string)]

    assert sentences == []
