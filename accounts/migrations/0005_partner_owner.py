"""A Pro's own person for money (rule M5)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_what_ends_waits_and_what_is_looked_for")]
    operations = [
        migrations.AddField(
            model_name="partnerprofile",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="companies",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        )
    ]
