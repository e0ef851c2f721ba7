"""A setup belongs to the person it was opened for; the number of tries is the number of operations."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_ledger_accounts")]

    operations = [
        migrations.RemoveField(model_name="charge", name="attempts"),
        # Tries nobody finished: the card step opens another one.
        migrations.RunSQL("DELETE FROM payments_cardsetup", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="cardsetup",
            name="customer",
            field=models.ForeignKey(
                default=0,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="payments.paymentcustomer",
            ),
            preserve_default=False,
        ),
    ]
