"""Fill the catalogue from catalogue/data/*.toml: skills, categories, services, packages,
checklists, questions, first prices, search topics.

Texts and durations are brought up to date by slug. Prices are only added where a country has none
yet: after that they are dated rows that people set in the admin. Running it again changes nothing.
"""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import Skill
from catalogue.models import (
    Category,
    Checklist,
    Package,
    PackagePrice,
    Question,
    Service,
    ServicePrice,
    Topic,
    TopicLead,
)

DATA = Path(__file__).resolve().parents[2] / "data"
OPENED = datetime(2026, 1, 1, tzinfo=UTC)  # from when the first prices hold
PRICED = (("FR", "EUR", "eur"), ("CH", "CHF", "chf"))
TEXTS = {  # field: key in the files; lists become one item a line
    "name": "name",
    "summary": "summary",
    "included": "included",
    "not_included": "not_included",
    "tools": "tools",
    "steps": "steps",
    "prepare": "prepare",
    "search_words": "words",
}
LANGUAGES = [code for code, _ in settings.LANGUAGES]


def _read(name: str) -> dict:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def _text(value) -> str:
    return "\n".join(value) if isinstance(value, list) else value


def _upsert(model, slug: str, values: dict):
    """The row of that slug with these values; written only when one of them differs."""
    row = model.objects.filter(slug=slug).first()
    if row is None:
        return model.objects.create(slug=slug, **values), True
    changed = [field for field, value in values.items() if getattr(row, field) != value]
    if changed:
        for field in changed:
            setattr(row, field, values[field])
        row.save(update_fields=changed)
    return row, bool(changed)


def _price(model, owner: dict, entry: dict) -> None:
    for country, currency, key in PRICED:
        if not model.objects.filter(**owner, country=country).exists():
            model.objects.create(
                **owner,
                country=country,
                currency=currency,
                price_cents=entry[key],
                starts_at=OPENED,
            )


class Command(BaseCommand):
    help = __doc__

    @transaction.atomic
    def handle(self, **options):
        skills = {
            slug: _upsert(Skill, slug, {"name": name})[0]
            for slug, name in _read("skills.toml").items()
        }
        changed = 0
        for position, file in enumerate(sorted(DATA.glob("[0-9]-*.toml")), start=1):
            changed += self.load_shelf(_read(file.name), position, skills)
        for position, entry in enumerate(_read("packages.toml")["package"], start=1):
            changed += self.load_package(entry, position)
        services = dict(Service.objects.values_list("slug", "pk"))
        for entry in _read("checklists.toml")["checklist"]:
            changed += self.load_checklist(entry, services)
        for position, entry in enumerate(_read("questions.toml")["question"], start=1):
            changed += self.load_question(entry, position, services)
        for entry in _read("topics.toml")["topic"]:
            changed += self.load_topic(entry, services)
        self.stdout.write(
            f"{Service.objects.count()} services, {Package.objects.count()} packages, {changed} "
            f"texts changed."
        )

    def load_shelf(self, data: dict, position: int, skills: dict) -> int:
        """One category with its services; answers how many rows changed."""
        texts = {
            f"{field}_{code}": data[code][field] for code in LANGUAGES for field in ("name", "hurt")
        }
        category, changed = _upsert(
            Category, data["slug"], {"icon": data["icon"], "position": position, **texts}
        )
        for place, entry in enumerate(data["service"], start=1):
            texts = {
                f"{field}_{code}": _text(entry[code][key])
                for code in LANGUAGES
                for field, key in TEXTS.items()
            }
            values = {
                "category": category,
                "skill": skills[entry["skill"]],
                "duration_minutes": entry["minutes"],
                "position": place,
                **texts,
            }
            service, wrote = _upsert(Service, entry["slug"], values)
            _price(ServicePrice, {"service": service}, entry)
            changed += wrote
        return int(changed)

    def load_package(self, entry: dict, position: int) -> int:
        texts = {}
        for code in LANGUAGES:
            texts[f"name_{code}"], texts[f"summary_{code}"] = entry[code]
        values = {"duration_minutes": entry["minutes"], "position": position, **texts}
        package, wrote = _upsert(Package, entry["slug"], values)
        fits = set(
            Service.objects.filter(slug__in=entry.get("services", [])).values_list("pk", flat=True)
        )
        if fits != set(package.services.values_list("pk", flat=True)):
            package.services.set(fits)
        _price(PackagePrice, {"package": package}, entry)
        return int(wrote)

    def load_checklist(self, entry: dict, services: dict[str, int]) -> int:
        """A version that is not there yet; one that is there stays as it is."""
        texts = {f"items_{code}": _text(entry[code]) for code in LANGUAGES}
        wrote = 0
        for slug in entry.get("services", [None]):
            if slug is not None and slug not in services:
                continue
            whose = {
                "service_id": services[slug] if slug else None,
                "part": entry["part"],
                "version": entry["version"],
            }
            if not Checklist.objects.filter(**whose).exists():
                Checklist.objects.create(**whose, **texts, starts_at=OPENED)
                wrote += 1
        return wrote

    def load_question(self, entry: dict, position: int, services: dict[str, int]) -> int:
        texts = {}
        for code in LANGUAGES:
            texts[f"words_{code}"], *options = entry[code]
            texts[f"options_{code}"] = _text(options)
        question, wrote = _upsert(
            Question, entry["slug"], {"kind": entry["kind"], "position": position, **texts}
        )
        fits = {services[slug] for slug in entry["services"]}
        if fits != set(question.services.values_list("pk", flat=True)):
            question.services.set(fits)
        return int(wrote)

    def load_topic(self, entry: dict, services: dict[str, int]) -> int:
        texts = {f"words_{code}": _text(entry.get(code, [])) for code in LANGUAGES}
        texts |= {f"name_{code}": entry.get("name", {}).get(code, "") for code in LANGUAGES}
        topic, wrote = _upsert(
            Topic,
            entry["slug"],
            {"kind": entry["kind"], "brands": _text(entry.get("brands", [])), **texts},
        )
        wanted = {services[slug]: percent for slug, percent in entry.get("services", {}).items()}
        if wanted != dict(topic.leads.values_list("service", "percent")):
            topic.leads.all().delete()
            TopicLead.objects.bulk_create(
                TopicLead(topic=topic, service_id=service, percent=percent)
                for service, percent in wanted.items()
            )
            wrote = True
        return int(wrote)
