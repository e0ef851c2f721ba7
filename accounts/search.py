"""The narrow rows the search for a technician reads, kept equal to their sources
(docs/decisions/0006).

Call `refresh_search_rows` in the transaction that changes a source: skill, area, approval, rating,
kept promises.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from django.db import connection
from django.db.models import F, Q

from accounts.models import PartnerProfile, SkillSearch, Technician, User, language_bits
from mila.clock import MilaNow
from mila.rows import Columns, rows
from mila.transactions import verb
from places.distance import cell
from places.place import Country
from policy.figures import Policy
from policy.queries import policy_at
from policy.values import encode

# The figures of the policy that a stored score is made from (rule D2).
SCORE_FIGURES = (
    "score_weights_ppm",
    "prior_stars_tenths",
    "prior_star_count",
    "prior_kept",
    "prior_promises",
    "newcomer_jobs",
)
SCORED = ["base_score_ppm", "nearness_ppm", "newcomer", "scored_under"]
PLACED = ["h3_cell", "radius_m", "lat", "lon", "valid_until", "languages"]
SWEEP_SCORES = "accounts.sweep_scores"
PIECE = 600  # rows whose scores are written anew in one transaction
PIECES = 100  # at most so many in one sweep
RESCORE = """
UPDATE accounts_skillsearch s
   SET base_score_ppm = v.base, nearness_ppm = v.nearness, newcomer = v.newcomer,
     scored_under = v.version
  FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::boolean[], %s::text[]) v (id, base,
    nearness, newcomer, version)
 WHERE s.id = v.id
"""


def quality_parts(technician: Technician, level: int, policy: Policy) -> dict[str, int]:
    """The parts of the score that do not depend on the place, in ppm of the whole score.

    Smoothed, as if everybody began with a few ratings and promises, so that the first one does not
    decide.
    """
    weights, priors = policy.score_weights_ppm, policy.prior_star_count
    begun = policy.prior_stars_tenths * priors / 10
    stars = (float(technician.star_sum) + begun) / (technician.star_count + priors)
    promises = technician.promises_kept + technician.promises_broken
    reliability = (technician.promises_kept + policy.prior_kept) / (
        promises + policy.prior_promises
    )
    return {
        "stars": round(weights.stars * (stars - 1) / 4),
        "level": round(weights.level * (level - 1) / 4),
        "reliability": round(weights.reliability * reliability),
    }


@lru_cache(maxsize=16)
def version(country: str, policy: Policy) -> str:
    """The country and the figures a score was made under: equal letters, equal scores."""
    figures = {key: encode(getattr(policy, key)) for key in SCORE_FIGURES}
    return country + hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()[:10]


def policies(countries: Iterable[str], at: datetime | MilaNow | None = None) -> dict[str, Policy]:
    """The policy in force in each of these countries, now or at an instant. One query each."""
    return {
        country: policy_at(MilaNow() if at is None else at, country) for country in set(countries)
    }


class Askable(NamedTuple):
    """A skill in which a technician may be asked, and until when."""

    skill_id: int
    level: int
    valid_until: datetime | None


def is_admitted(technician: Technician) -> bool:
    """Neither they nor their partner are kept from work; skills and papers have their own dates
    (rule D1).
    """
    partner = technician.partner
    return bool(
        technician.active and partner.approved_at and partner.payable and not partner.suspended_at
    )


def may_work(technician: Technician, at: datetime) -> bool:
    """Admitted, with papers that are valid at this instant."""
    papers = technician.partner.papers_valid_until
    return is_admitted(technician) and (papers is None or papers > at)


def askable(technician: Technician) -> list[Askable]:
    """In what they may be asked; nothing while they or their partner may not be (rule D1)."""
    if not is_admitted(technician):
        return []
    found = []
    for skill in technician.skills.all():
        ends = [at for at in (skill.valid_until, technician.partner.papers_valid_until) if at]
        found.append(Askable(skill.skill_id, skill.level, min(ends, default=None)))
    return found


def expected_rows(technician: Technician, policy: Policy) -> list[SkillSearch]:
    """What the search must find of them under the policy of their partner's country."""
    return [
        SkillSearch(
            technician=technician,
            skill_id=one.skill_id,
            h3_cell=cell(technician.lat, technician.lon),
            radius_m=technician.radius_m,
            lat=technician.lat,
            lon=technician.lon,
            valid_until=one.valid_until,
            languages=language_bits(technician.languages),
            **_scores(technician, one.level, policy),
        )
        for one in askable(technician)
    ]


def _scores(technician: Technician, level: int, policy: Policy) -> dict[str, int | bool | str]:
    """The columns of SCORED."""
    return {
        "base_score_ppm": sum(quality_parts(technician, level, policy).values()),
        "nearness_ppm": policy.score_weights_ppm.nearness,
        "newcomer": technician.settled_jobs < policy.newcomer_jobs,
        "scored_under": version(technician.partner.country, policy),
    }


def refresh_search_rows(*technicians: Technician) -> None:
    """Write the rows of these technicians anew.

    Reads them fresh: what the caller holds may be stale.
    """
    ids = [technician.pk for technician in technicians]
    fresh = (
        Technician.objects.filter(pk__in=ids).select_related("partner").prefetch_related("skills")
    )
    in_force = policies(technician.partner.country for technician in fresh)
    rows = [
        row
        for technician in fresh
        for row in expected_rows(technician, in_force[technician.partner.country])
    ]
    SkillSearch.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["technician", "skill"],
        update_fields=[*PLACED, *SCORED],
    )
    kept = {(row.technician_id, row.skill_id) for row in rows}
    for pk, *pair in SkillSearch.objects.filter(technician__in=ids).values_list(
        "pk", "technician_id", "skill_id"
    ):
        if tuple(pair) not in kept:
            SkillSearch.objects.filter(pk=pk).delete()


def sweep_scores() -> int:
    """Write anew what was scored under another policy than the one in force; answers how many
    technicians that were.

    In pieces, each a transaction of its own: searches go on meanwhile and read each score as a
    whole. Those who are locked by other transactions are left for the next sweep.
    """
    in_force = policies(Country.values)
    written, pieces = 0, PIECES
    for former in _former_versions(in_force):
        after = 0
        while pieces and (piece := rescore(former, after, in_force)).last:
            written, after, pieces = written + piece.written, piece.last, pieces - 1
    return written


class Piece(NamedTuple):
    """How many technicians were written, and the last one looked at; 0 when there was none."""

    written: int
    last: int


@verb
def rescore(former: str, after: int, in_force: Mapping[str, Policy]) -> Piece:
    """One piece: the scores of the next technicians scored under `former`, in the order of their
    ids, under their lock.

    Only the columns of the score, and only of rows that are there: who may no longer be asked stays
    out. Who is locked elsewhere is passed over.
    """
    stale = SkillSearch.objects.filter(scored_under=former, technician__gt=after).order_by(
        "technician"
    )
    ids = sorted(set(stale.values_list("technician", flat=True)[:PIECE]))
    locked = (
        Technician.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk__in=ids)
        .select_related("partner")
        .prefetch_related("skills", "search_rows")
        .order_by("pk")
    )
    scores, gone = [], []
    for technician in locked:
        policy = in_force[technician.partner.country]
        levels = {skill.skill_id: skill.level for skill in technician.skills.all()}
        for row in technician.search_rows.all():
            if row.skill_id in levels:
                scores.append((row.pk, *_scores(technician, levels[row.skill_id], policy).values()))
            else:  # left behind: the search would find what is no longer theirs
                gone.append(row.pk)
    SkillSearch.objects.filter(pk__in=gone).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            RESCORE,
            [list(column) for column in zip(*scores, strict=True)] or [[]] * (1 + len(SCORED)),
        )
    return Piece(len(locked), ids[-1] if ids else 0)


def _former_versions(in_force: Mapping[str, Policy]) -> list[str]:
    """Under which other figures rows are scored: the first of each range between the versions in
    force. One query.

    Each range by itself, so that the index answers at once where nothing is to be done.
    """
    versions = sorted(version(country, policy) for country, policy in in_force.items())
    ranges = [Q(scored_under__lt=versions[0]), Q(scored_under__gt=versions[-1])]
    ranges += [
        Q(scored_under__gt=one, scored_under__lt=next_one) for one, next_one in pairwise(versions)
    ]
    rows = SkillSearch.objects.order_by("scored_under").values_list("scored_under", flat=True)
    first, *others = [rows.filter(one)[:1] for one in ranges]
    return list(first.union(*others, all=True))


def lock_technician(technician_id: int) -> Technician:
    """The technician under their row lock: before anything is written to their calendar."""
    return (
        Technician.objects.select_for_update(of=("self",))
        .select_related("partner")
        .get(pk=technician_id)
    )


TECHNICIAN, PARTNER = Columns(Technician, "t"), Columns(PartnerProfile, "p")
USER = Columns(User, "u", but=("password",))
LOCK_TECHNICIANS = """
SELECT {}, {}, {}
  FROM accounts_technician t
  JOIN accounts_partnerprofile p ON p.id = t.partner_id
  JOIN accounts_user u ON u.id = t.user_id
 WHERE t.id = ANY(%s)
 ORDER BY t.id
   FOR UPDATE OF t
"""


def lock_technicians(*technician_ids: int) -> dict[int, Technician]:
    """Several under their row locks, in the order of their ids, with whom to write to.

    One statement.
    """
    found = {}
    for row in rows(LOCK_TECHNICIANS.format(TECHNICIAN, PARTNER, USER), [list(technician_ids)]):
        technician = TECHNICIAN.make(row)
        technician.partner, technician.user = PARTNER.make(row), USER.make(row)
        found[technician.pk] = technician
    return found


def count_promise(technician: Technician) -> None:
    """A call or a confirmation was kept: it counts in the rank (rule D2)."""
    Technician.objects.filter(pk=technician.pk).update(promises_kept=F("promises_kept") + 1)
    refresh_search_rows(technician)


def count_faults(technician: Technician, points: int) -> None:
    """So many points count against them now, from the ledger of faults (rule L17)."""
    Technician.objects.filter(pk=technician.pk).update(promises_broken=points)
    refresh_search_rows(technician)


def count_settled_job(technician: Technician) -> None:
    """A job of theirs was paid: after enough of them they are no newcomer."""
    Technician.objects.filter(pk=technician.pk).update(settled_jobs=F("settled_jobs") + 1)
    if SkillSearch.objects.filter(technician=technician, newcomer=True).exists():
        refresh_search_rows(technician)


def count_stars(technician: Technician, *stars: int) -> None:
    """A customer's rating: the mean of its parts counts once, to a tenth."""
    mean = round(Decimal(sum(stars)) / len(stars), 1)
    Technician.objects.filter(pk=technician.pk).update(
        star_sum=F("star_sum") + mean, star_count=F("star_count") + 1
    )
    refresh_search_rows(technician)
