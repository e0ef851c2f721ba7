"""One row for each sweep: when it last ran (mila/heartbeat.py)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mila", "0001_clock")]
    operations = [
        migrations.RunSQL(
            "CREATE TABLE mila_heartbeat (name text PRIMARY KEY, at timestamptz NOT NULL);",
            "DROP TABLE mila_heartbeat;",
        ),
    ]
