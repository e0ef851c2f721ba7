"""How many each rule left out is counted after the offer has opened (rule D9)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="trace",
            name="excluded",
            field=models.JSONField(help_text="How many each rule left out; null until they are "
                                             "counted.", null=True),
        ),
        migrations.AddIndex(
            model_name="trace",
            index=models.Index(
                condition=models.Q(("excluded__isnull", True)), fields=["id"],
                name="trace_uncounted"
            ),
        ),
    ]
