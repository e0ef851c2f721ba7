"""Names of the search row that say what they hold, and the indexes of the two rounds (docs/decisions/0006)."""

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
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="skillsearch", name="skill_search_q"),
        migrations.RenameField(model_name="skillsearch", old_name="q", new_name="base_score_ppm"),
        migrations.RenameField(model_name="skillsearch", old_name="cell", new_name="h3_cell"),
        best_of_each_cell("skill_search_best"),
        best_of_each_cell("skill_search_newcomers", models.Q(newcomer=True)),
    ]
