"""Names of the search row that say what they hold, the indexes of the two rounds, and the nightly
check (docs/decisions/0006).
"""

from django.db import migrations, models

INCLUDED = ("technician", "radius_m", "lat", "lon", "nearness_ppm")


def best_of_each_cell(name, condition=None):
    return migrations.AddIndex(
        model_name="skillsearch",
        index=models.Index(
            models.F("skill"),
            models.F("h3_cell"),
            models.OrderBy(models.F("base_score_ppm"), descending=True),
            condition=condition,
            include=INCLUDED,
            name=name,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_joined_into")]

    operations = [
        migrations.RemoveIndex(model_name="skillsearch", name="skill_search_q"),
        migrations.RenameField(model_name="skillsearch", old_name="q", new_name="base_score_ppm"),
        migrations.RenameField(model_name="skillsearch", old_name="cell", new_name="h3_cell"),
        best_of_each_cell("skill_search_best"),
        best_of_each_cell("skill_search_newcomers", models.Q(newcomer=True)),
        migrations.RemoveIndex(model_name="skillsearch", name="skill_search_scored_under"),
        migrations.AddIndex(
            model_name="skillsearch",
            index=models.Index(fields=["scored_under", "technician"],
                name="skill_search_scored_under"),
        ),
        migrations.CreateModel(
            name="SearchRowsCheck",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("next_at", models.DateTimeField()),
                (
                    "checked_to",
                    models.BigIntegerField(
                        default=0, help_text="Technicians up to this id are done; 0 between checks."
                    ),
                ),
                (
                    "mended",
                    models.JSONField(
                        default=list, help_text="Technicians whose rows had to be written anew, "
                                                "the first ones."
                    ),
                ),
                ("mended_count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)),
                        name="one_check_of_search_rows")
                ],
            },
        ),
    ]
