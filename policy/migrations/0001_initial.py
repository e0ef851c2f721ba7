import django.db.models.deletion
import mila.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublishedText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("name", models.CharField(editable=False, max_length=16)),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("fr", "Français"),
                            ("de", "Deutsch"),
                            ("it", "Italiano"),
                            ("en", "English"),
                        ],
                        editable=False,
                        max_length=2,
                    ),
                ),
                ("dated", models.DateField(editable=False, help_text="The version by its day.")),
                ("body", models.TextField(editable=False)),
            ],
            options={
                "ordering": ["-dated", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PolicyRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=40, verbose_name="figure")),
                ("value", models.JSONField(verbose_name="value")),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        choices=[("FR", "France"), ("CH", "Switzerland")],
                        default="",
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                (
                    "starts_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), verbose_name="from"),
                ),
                ("note", models.CharField(max_length=200, verbose_name="why")),
                (
                    "set_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "policy row",
                "verbose_name_plural": "policy rows",
                "ordering": ["key", "-starts_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "country", "starts_at"), name="one_policy_row_an_instant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__in", ["", "FR", "CH"])),
                        name="policy_row_country_known",
                    ),
                ],
            },
        ),
    ]
