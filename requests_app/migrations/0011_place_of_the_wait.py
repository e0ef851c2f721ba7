"""Where the technician's phone was as a wait at the door began and ended: only added to (docs/database-roles.md).

And the last day of a booking's card, and comments that staff have hidden.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import mila.encrypted_fields

STAYS = """
CREATE TRIGGER requests_app_doorplace_rows_stay BEFORE UPDATE OR DELETE ON requests_app_doorplace
    FOR EACH ROW EXECUTE FUNCTION evidence_stays('point');
CREATE TRIGGER requests_app_doorplace_stays BEFORE TRUNCATE ON requests_app_doorplace
    FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays();
"""
GOES = """
DROP TRIGGER requests_app_doorplace_stays ON requests_app_doorplace;
DROP TRIGGER requests_app_doorplace_rows_stay ON requests_app_doorplace;
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0010_step_taken_back"), ("mila", "0004_evidence")]
    operations = [
        migrations.CreateModel(
            name="DoorPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("move", models.CharField(choices=[("arrive", "Arrival"), ("fail_visit", "End of the wait")],
                                          max_length=10)),
                ("at", models.DateTimeField()),
                ("point", mila.encrypted_fields.EncryptedTextField(
                    help_text="Latitude and longitude, as the phone said them.")),
                ("accuracy_m", models.PositiveIntegerField(help_text="So far off it may be, as the phone says.")),
                ("metres", models.PositiveIntegerField(
                    help_text="From the door; empty where nobody knows the door's own point.", null=True)),
                ("assignment", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                                                 related_name="door_places", to="requests_app.assignment")),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.RunSQL(STAYS, GOES),
        migrations.AddField(
            model_name="booking",
            name="card_ends_on",
            field=models.DateField(editable=False, help_text="Its last day, where it says one.", null=True),
        ),
        migrations.AddField(
            model_name="rating", name="hidden_at", field=models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            model_name="rating",
            name="hidden_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rating",
            name="hidden_reason",
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
    ]
