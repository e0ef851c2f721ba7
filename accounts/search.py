"""The narrow rows the search for a technician reads, kept equal to their sources (docs/decisions/0006).

Call `refresh_search_rows` in the transaction that changes a source: skill, area, approval, rating, kept promises.
"""

from django.db.models import F

from accounts.models import SkillSearch, Technician
from places.distance import cell

MILLION = 1_000_000
# Smoothing (PRODUCT D2): as if everybody began with these, so that one rating does not decide.
PRIOR_STARS, PRIOR_STAR_COUNT = 4.3, 5
PRIOR_KEPT, PRIOR_PROMISES = 9, 10
WEIGHTS_PPM = {"stars": 450_000, "level": 200_000, "reliability": 150_000}
NEWCOMER_JOBS = 5


def quality_parts(technician: Technician, level: int) -> dict[str, int]:
    """The parts of the score that do not depend on the place, in ppm of the whole score."""
    stars = (technician.star_sum + PRIOR_STARS * PRIOR_STAR_COUNT) / (technician.star_count + PRIOR_STAR_COUNT)
    promises = technician.promises_kept + technician.promises_broken
    reliability = (technician.promises_kept + PRIOR_KEPT) / (promises + PRIOR_PROMISES)
    return {
        "stars": round(WEIGHTS_PPM["stars"] * (stars - 1) / 4),
        "level": round(WEIGHTS_PPM["level"] * (level - 1) / 4),
        "reliability": round(WEIGHTS_PPM["reliability"] * reliability),
    }


def expected_rows(technician: Technician) -> list[SkillSearch]:
    """What the search must find of him; nothing while he or his partner may not be asked (PRODUCT D1)."""
    partner = technician.partner
    if not (technician.active and partner.approved_at and partner.payable) or partner.suspended_at:
        return []
    rows = []
    for skill in technician.skills.all():
        ends = [at for at in (skill.valid_until, partner.papers_valid_until) if at]
        rows.append(
            SkillSearch(
                technician=technician,
                skill_id=skill.skill_id,
                cell=cell(technician.lat, technician.lon),
                q=sum(quality_parts(technician, skill.level).values()),
                radius_m=technician.radius_m,
                lat=technician.lat,
                lon=technician.lon,
                valid_until=min(ends, default=None),
                newcomer=technician.settled_jobs < NEWCOMER_JOBS,
            )
        )
    return rows


def refresh_search_rows(*technicians: Technician) -> None:
    """Write the rows of these technicians anew. Reads them fresh: what the caller holds may be stale."""
    ids = [technician.pk for technician in technicians]
    fresh = Technician.objects.filter(pk__in=ids).select_related("partner").prefetch_related("skills")
    rows = [row for technician in fresh for row in expected_rows(technician)]
    SkillSearch.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["technician", "skill"],
        update_fields=["cell", "q", "radius_m", "lat", "lon", "valid_until", "newcomer"],
    )
    kept = {(row.technician_id, row.skill_id) for row in rows}
    for pk, *pair in SkillSearch.objects.filter(technician__in=ids).values_list("pk", "technician_id", "skill_id"):
        if tuple(pair) not in kept:
            SkillSearch.objects.filter(pk=pk).delete()


def lock_technician(technician_id: int) -> Technician:
    """The technician under his row lock: before anything is written to his calendar (STYLE 4)."""
    return Technician.objects.select_for_update(of=("self",)).select_related("partner").get(pk=technician_id)


def count_promise(technician: Technician, *, kept: bool) -> None:
    """A call or a confirmation was kept or missed: it counts in the rank (PRODUCT D2)."""
    field = "promises_kept" if kept else "promises_broken"
    Technician.objects.filter(pk=technician.pk).update(**{field: F(field) + 1})
    refresh_search_rows(technician)


def count_settled_job(technician: Technician) -> None:
    """A job of his was paid: from the fifth on he is no newcomer."""
    counted = Technician.objects.filter(pk=technician.pk)
    counted.update(settled_jobs=F("settled_jobs") + 1)
    if counted.filter(settled_jobs=NEWCOMER_JOBS).exists():
        refresh_search_rows(technician)


def count_stars(technician: Technician, *stars: int) -> None:
    """A customer's rating: the mean of its parts, rounded, counts once."""
    mean = round(sum(stars) / len(stars))
    Technician.objects.filter(pk=technician.pk).update(star_sum=F("star_sum") + mean, star_count=F("star_count") + 1)
    refresh_search_rows(technician)
