"""The rows that the search for technicians reads."""

from django.db import models

from accounts.models.people import Skill, Technician
from mila.clock import MilaNow


class SkillSearch(models.Model):
    """One narrow row for each skill of each technician who may be asked; what the search reads
    (docs/decisions/0006).

    `base_score_ppm` is everything of the score that does not depend on the place, and
    `nearness_ppm` what the nearest gets beside it. Written by accounts.search in the transaction
    that changes a source, and again when the figures of `scored_under` are no longer in force.
    """

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, db_index=False)
    h3_cell = models.BigIntegerField()
    base_score_ppm = models.IntegerField()
    radius_m = models.IntegerField()
    lat = models.FloatField()
    lon = models.FloatField()
    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="search_rows")
    valid_until = models.DateTimeField(null=True)
    newcomer = models.BooleanField(default=False)
    nearness_ppm = models.IntegerField(default=0)
    languages = models.PositiveSmallIntegerField(
        default=0, help_text="Bits: fr 1, de 2, it 4, en 8 (language_bits)."
    )
    scored_under = models.CharField(max_length=12, default="")
    since_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["technician", "skill"], name="one_search_row_per_skill")
        ]
        indexes = [
            models.Index(fields=["scored_under", "technician"], name="skill_search_scored_under"),
            *(
                # Each cell's best in their order, without a look at the rows themselves
                # (dispatch/nearest.py, availability.py).
                models.Index(
                    "skill",
                    "h3_cell",
                    models.F("base_score_ppm").desc(),
                    name=name,
                    condition=condition,
                    include=[
                        "technician",
                        "radius_m",
                        "lat",
                        "lon",
                        "nearness_ppm",
                        "languages",
                        *more,
                    ],
                )
                for name, condition, more in [
                    ("skill_search_everybody", None, ["valid_until"]),
                    ("skill_search_newcomers", models.Q(newcomer=True), []),
                ]
            ),
        ]


class FormerRow(models.Model):
    """A row of a calendar, of weekly hours or of the search as it was before it changed or went
    (rule D9).

    Written by triggers, whoever changes it; so a search can be asked again as of its own instant.
    Kept as long as policy.kept says. Of a job's time no more is in it than that it was taken.
    """

    what = models.CharField(max_length=40, help_text="The table it was in.")
    technician = models.ForeignKey(
        Technician, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    row = models.JSONField()
    since_at = models.DateTimeField()
    until_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["technician", "until_at"], name="former_row_of_technician"),
            models.Index(fields=["until_at"], name="former_row_until"),
        ]


class SearchRowsCheck(models.Model):
    """How far the check of all search rows has come (accounts/search_rows.py); one row.

    `next_at` is its clock.
    """

    next_at = models.DateTimeField()
    checked_to = models.BigIntegerField(
        default=0, help_text="Technicians up to this id are done; 0 between checks."
    )
    mended = models.JSONField(
        default=list, help_text="Technicians whose rows had to be written anew, the first ones."
    )
    mended_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_check_of_search_rows")
        ]
