"""The secret link encrypted and found by its fingerprint; whose address is proved; one draft for one page."""

import django.db.models.deletion
from django.db import migrations, models

import mila.encrypted_fields
import requests_app.models.booking


def seal(apps, schema_editor):
    """Links that exist go on to work; what they were made of is no longer readable in the row."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, token FROM requests_app_booking")
        for pk, token in cursor.fetchall():
            sealed = mila.encrypted_fields.keyring().encrypt(token.encode()).decode()
            values = [sealed, mila.encrypted_fields.fingerprint(token), pk]
            cursor.execute("UPDATE requests_app_booking SET token = %s, token_hash = %s WHERE id = %s", values)


def settle(apps, schema_editor):
    """Rows that were just written leave checks for the end of the transaction; no index is made before them."""
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def prove_the_demo(apps, schema_editor):
    """Accounts of the demo, whose addresses are nobody's, count as proved; nobody else's do."""
    EmailAddress, User = apps.get_model("account", "EmailAddress"), apps.get_model("accounts", "User")
    for user in User.objects.filter(email__endswith="@mila.example"):
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    demo = apps.get_model("requests_app", "Booking").objects.filter(customer__email__endswith="@mila.example")
    demo.update(email_proved_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("requests_app", "0008_held_charges"),
    ]

    operations = [
        migrations.AlterField(
            model_name="booking",
            name="token",
            field=mila.encrypted_fields.EncryptedTextField(default=requests_app.models.booking.new_token, editable=False),
        ),
        migrations.AddField(
            model_name="booking",
            name="token_hash",
            field=models.CharField(null=True, editable=False, max_length=64),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RunPython(settle, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="booking",
            name="token_hash",
            field=mila.encrypted_fields.FingerprintField(editable=False, max_length=64, of="token", unique=True),
        ),
        migrations.AddField(
            model_name="booking",
            name="link_from_at",
            field=models.DateTimeField(editable=False, help_text="When the link was last renewed.", null=True),
        ),
        migrations.AddField(
            model_name="booking",
            name="draft_key",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="booking",
            name="email_proved_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When the customer's address was proved to be theirs (rule B12).",
                null=True,
            ),
        ),
        migrations.RunPython(prove_the_demo, migrations.RunPython.noop),
        migrations.RunPython(settle, migrations.RunPython.noop),
        migrations.CreateModel(
            name="AddressCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mac", models.CharField(blank=True, editable=False, max_length=64)),
                ("until_at", models.DateTimeField(editable=False, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("sent", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("counted_from_at", models.DateTimeField(editable=False)),
                ("rounds", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="address_code",
                        to="requests_app.booking",
                    ),
                ),
            ],
        ),
    ]
