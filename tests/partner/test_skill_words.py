"""A technician's skills are said in their own language."""

import tomllib

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from accounts.models import Skill, TechnicianSkill
from partner import skill_words

KNOWN = tomllib.loads((settings.BASE_DIR / "catalogue/data/skills.toml").read_text())


def test_each_skill_of_the_catalogue_has_words():
    with translation.override("en"):
        assert {slug: str(words) for slug, words in skill_words.SKILLS.items()} == KNOWN


@pytest.mark.django_db
def test_page_about_oneself_says_them_and_what_staff_have_added(client, partner):
    for slug, name in (("audio", KNOWN["audio"]), ("wells", "Puits")):
        skill, _new = Skill.objects.get_or_create(slug=slug, defaults={"name": name})
        TechnicianSkill.objects.create(technician=partner, skill=skill)
    partner.user.language = "de"
    partner.user.save(update_fields=["language"])
    client.force_login(partner.user)

    page = client.get(reverse("partner:me")).content.decode()

    assert "Ton und Heimkino" in page
    assert "Puits" in page
