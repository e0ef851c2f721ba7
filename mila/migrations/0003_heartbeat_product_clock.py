"""Each heartbeat holds both instants: the machine's, and the product's clock at that moment (mila/heartbeat.py)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mila", "0002_heartbeat")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE mila_heartbeat ADD COLUMN product_at timestamptz NOT NULL DEFAULT mila_now();",
            "ALTER TABLE mila_heartbeat DROP COLUMN product_at;",
        ),
    ]
