"""What another policy would make of the order of technicians: for staff,
before they write its row.
"""

from typing import NamedTuple

from django.db.models import Count

from accounts.models import SkillSearch
from accounts.search import quality_parts, version
from places.distance import REACH_M, metres, search_cells
from policy.effects import Effect
from policy.figures import Policy

# Where many work, as an example.
TOWNS = {"FR": ("Lyon", 45.7578, 4.8320), "CH": ("Zürich", 47.3769, 8.5417)}
SHOWN = 5


class Reordered(NamedTuple):
    """How many are scored anew, and the first names round a town, before and after."""

    technicians: int
    town: str
    before: list[str]
    after: list[str]


def reordered(effect: Effect) -> Reordered | None:
    """None where no score depends on what changes. Three queries."""
    if version(effect.country, effect.before) == version(effect.country, effect.after):
        return None
    there = SkillSearch.objects.filter(technician__partner__country=effect.country)
    town, lat, lon = TOWNS[effect.country]
    near = there.filter(h3_cell__in=[cell for cell, _closest in search_cells(lat, lon)[1]])
    skills = near.values_list("skill").annotate(count=Count("pk")).order_by("-count", "skill")
    rows = [
        row
        for row in near.filter(skill__in=[skill for skill, _count in skills[:1]])
        .select_related("technician")
        .prefetch_related("technician__skills")
        if metres(lat, lon, row.lat, row.lon) <= min(row.radius_m, REACH_M)
    ]
    return Reordered(
        there.values("technician").distinct().count(),
        town,
        *(_first(rows, policy, lat, lon) for policy in (effect.before, effect.after)),
    )


def _first(rows: list[SkillSearch], policy: Policy, lat: float, lon: float) -> list[str]:
    def score(row: SkillSearch) -> int:
        levels = {one.skill_id: one.level for one in row.technician.skills.all()}
        near = max(0.0, 1 - metres(lat, lon, row.lat, row.lon) / REACH_M)
        return sum(
            quality_parts(row.technician, levels.get(row.skill_id, 1), policy).values()
        ) + round(policy.score_weights_ppm.nearness * near)

    best = sorted(rows, key=lambda row: (-score(row), row.technician_id))
    return [row.technician.name for row in best[:SHOWN]]
