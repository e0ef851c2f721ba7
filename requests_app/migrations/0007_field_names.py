from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_calendar_entry"), ("requests_app", "0006_quote_versions")]

    operations = [
        migrations.RenameField("assignment", "busy", "calendar_entry"),
        migrations.RenameField("quote", "own_hand", "accepted_by_payer"),
    ]
