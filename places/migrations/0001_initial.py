import mila.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
    ]

    operations = [
        migrations.CreateModel(
            name="GeocodedAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        choices=[("FR", "France"), ("CH", "Switzerland")], max_length=2
                    ),
                ),
                ("address_hash", models.CharField(max_length=64)),
                ("lat", models.FloatField()),
                ("lon", models.FloatField()),
                (
                    "precision",
                    models.CharField(
                        choices=[
                            ("address", "the house"),
                            ("street", "the street"),
                            ("hand", "set by hand"),
                            ("town", "the town"),
                            ("former_town", "a former commune"),
                            ("municipality", "the municipality"),
                            ("district", "the middle of the group of communes"),
                            ("neighbours", "the middle of the neighbouring postcodes"),
                        ],
                        max_length=12,
                    ),
                ),
                ("label", models.CharField(max_length=100)),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "address_hash"), name="one_answer_per_address"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Postcode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        choices=[("FR", "France"), ("CH", "Switzerland")],
                        max_length=2,
                        verbose_name="country",
                    ),
                ),
                ("code", models.CharField(max_length=5, verbose_name="postcode")),
                ("region", models.CharField(max_length=3, verbose_name="department or canton")),
                ("name", models.CharField(max_length=80, verbose_name="town")),
                (
                    "towns",
                    models.TextField(
                        blank=True,
                        help_text="Separated by a vertical bar.",
                        verbose_name="other towns",
                    ),
                ),
                ("lat", models.FloatField(verbose_name="latitude")),
                ("lon", models.FloatField(verbose_name="longitude")),
                (
                    "precision",
                    models.CharField(
                        choices=[
                            ("address", "the house"),
                            ("street", "the street"),
                            ("hand", "set by hand"),
                            ("town", "the town"),
                            ("former_town", "a former commune"),
                            ("municipality", "the municipality"),
                            ("district", "the middle of the group of communes"),
                            ("neighbours", "the middle of the neighbouring postcodes"),
                        ],
                        max_length=12,
                        verbose_name="found by",
                    ),
                ),
                ("corrected", models.BooleanField(default=False, verbose_name="corrected by hand")),
                (
                    "changed_at",
                    models.DateTimeField(
                        db_default=mila.clock.MilaNow(),
                        db_index=True,
                        editable=False,
                        verbose_name="changed",
                    ),
                ),
            ],
            options={
                "verbose_name": "postcode",
                "verbose_name_plural": "postcodes",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "code"), name="one_point_per_postcode"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__in", ["FR", "CH"])),
                        name="postcode_country_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lat__range", (41, 52)), ("lon__range", (-6, 11))),
                        name="postcode_in_service_area",
                    ),
                ],
            },
        ),
    ]
