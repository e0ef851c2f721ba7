"""Free times read the search rows and the hours of the week from their indexes alone.

Beside a running site: the new indexes are there before the old ones go.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0003_calendar_source")]
    operations = [
        AddIndexConcurrently(
            model_name="skillsearch",
            index=models.Index(
                models.F("skill"),
                models.F("h3_cell"),
                models.OrderBy(models.F("base_score_ppm"), descending=True),
                include=(
                    "technician",
                    "radius_m",
                    "lat",
                    "lon",
                    "nearness_ppm",
                    "languages",
                    "valid_until",
                ),
                name="skill_search_everybody",
            ),
        ),
        AddIndexConcurrently(
            model_name="weeklyhours",
            index=models.Index(
                fields=["technician", "weekday"], include=("opens", "closes"), name="hours_of_week"
            ),
        ),
        RemoveIndexConcurrently(model_name="skillsearch", name="skill_search_best"),
        migrations.AlterField(
            model_name="weeklyhours",
            name="technician",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="hours",
                to="accounts.technician",
            ),
        ),
    ]
