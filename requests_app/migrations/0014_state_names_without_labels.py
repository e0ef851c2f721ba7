"""The words for a state are in each side's table, not in the model."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0013_evidence_words_sealed")]

    operations = [
        migrations.AlterField(
            model_name="booking",
            name="state",
            field=models.CharField(default="draft", editable=False, max_length=12),
        ),
    ]
