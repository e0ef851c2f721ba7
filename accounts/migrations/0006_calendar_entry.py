import django.db.models.deletion
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import migrations, models


class Migration(migrations.Migration):
    # The first migration of bookings still speaks of the table by its former name.
    dependencies = [("accounts", "0005_partner_owner"), ("requests_app", "0001_initial")]

    operations = [
        migrations.RenameModel("Busy", "CalendarEntry"),
        migrations.AlterField(
            "calendarentry",
            "technician",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="calendar_entries",
                to="accounts.technician",
            ),
        ),
        migrations.RemoveConstraint("calendarentry", "busy_once"),
        migrations.AddConstraint(
            "calendarentry",
            ExclusionConstraint(
                name="calendar_entry_once",
                expressions=[("technician", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS)],
            ),
        ),
    ]
