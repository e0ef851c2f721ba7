import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
        ("accounts", "0001_initial"),
        ("catalogue", "0001_initial"),
        ("requests_app", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertTrail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address_hash", models.CharField(max_length=64)),
                ("stopped", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["address_hash"], name="alert_trail_address"),
                    models.Index(fields=["at"], name="alert_trail_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Search",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "round",
                    models.PositiveIntegerField(
                        help_text="Sequence of the event that began it: one search for each."
                    ),
                ),
                ("started_at", models.DateTimeField()),
                (
                    "next_at",
                    models.DateTimeField(
                        help_text="When to ask the next one; null when it has ended.", null=True
                    ),
                ),
                ("windows_ended", models.PositiveSmallIntegerField(default=0)),
                (
                    "pool_at",
                    models.DateTimeField(
                        help_text="Since when all eligible see it (rule D6).", null=True
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("end", models.CharField(blank=True, max_length=12)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="searches",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="search_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "round"), name="one_search_of_a_round"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("booking",),
                        name="one_running_search",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "epoch",
                    models.BigIntegerField(
                        help_text="The booking's epoch when it was opened: a later move fences it."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("queued", "Next in line"),
                            ("claimed", "Claimed"),
                            ("declined", "Declined"),
                            ("lapsed", "Lapsed"),
                            ("not_reached", "Not reached"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "own_tap",
                    models.BooleanField(
                        default=False, help_text="Opened by their own tap (rule D5)."
                    ),
                ),
                (
                    "silent",
                    models.BooleanField(
                        default=False, help_text="Night pool: a lapse does not count (rule D7)."
                    ),
                ),
                (
                    "from_reserve",
                    models.BooleanField(
                        default=False, help_text="Was in reserve for it: asked first (rule L2)."
                    ),
                ),
                ("score_ppm", models.IntegerField(default=0)),
                ("parts", models.JSONField(default=dict)),
                ("distance_m", models.PositiveIntegerField()),
                (
                    "wishes",
                    models.JSONField(
                        default=list,
                        help_text="Ranks of the wishes they are free for, the asked one first.",
                    ),
                ),
                ("opened_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("viewed_at", models.DateTimeField(null=True)),
                (
                    "expires_at",
                    models.DateTimeField(
                        help_text="End of the window, by the database's clock.", null=True
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "decline_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("far", "Too far away"),
                            ("time", "I am not free"),
                            ("pay", "Too little pay"),
                            ("skill", "Not my field"),
                        ],
                        max_length=8,
                    ),
                ),
                ("lock_token", models.CharField(blank=True, max_length=32)),
                (
                    "reserve_at",
                    models.DateTimeField(
                        help_text="Since when they are in reserve for this booking; null again once used or over (rule L2).",
                        null=True,
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="accounts.technician",
                    ),
                ),
                (
                    "search",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="dispatch.search",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["expires_at"],
                        name="offer_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["open", "queued"])),
                        fields=["booking"],
                        name="offer_waiting",
                    ),
                    models.Index(fields=["technician", "state"], name="offer_of_technician"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("booking",),
                        name="one_open_offer_per_booking",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("technician",),
                        name="one_open_offer_per_technician",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "queued")),
                        fields=("booking", "technician"),
                        name="queued_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "open"), _negated=True),
                            ("expires_at__isnull", False),
                            _connector="OR",
                        ),
                        name="open_offer_expires",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reserve_at__isnull", False)),
                        fields=("booking", "technician"),
                        name="in_reserve_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reserve_at__isnull", True),
                            ("state__in", ["lapsed", "not_reached", "withdrawn"]),
                            _connector="OR",
                        ),
                        name="reserve_of_an_untaken_offer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Trace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "inputs",
                    models.JSONField(
                        help_text="Skill, cell-rounded place, wishes, policy figures."
                    ),
                ),
                (
                    "best",
                    models.JSONField(help_text="The best with the parts of their score, in order."),
                ),
                (
                    "excluded",
                    models.JSONField(
                        help_text="How many each rule left out; null until they are counted.",
                        null=True,
                    ),
                ),
                (
                    "search",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="traces",
                        to="dispatch.search",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(fields=["at"], name="trace_at"),
                    models.Index(
                        condition=models.Q(("excluded__isnull", True)),
                        fields=["id"],
                        name="trace_uncounted",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaAlert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("email", models.EmailField(max_length=254)),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("fr", "Français"),
                            ("de", "Deutsch"),
                            ("it", "Italiano"),
                            ("en", "English"),
                        ],
                        max_length=2,
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        choices=[("FR", "France"), ("CH", "Switzerland")], max_length=2
                    ),
                ),
                ("postcode", models.CharField(max_length=5)),
                ("city", models.CharField(max_length=80)),
                ("lat", models.FloatField(help_text="Rounded: the district, never the house.")),
                ("lon", models.FloatField()),
                ("asked_at", models.DateTimeField()),
                (
                    "checked_at",
                    models.DateTimeField(
                        help_text="When it was last looked whether somebody comes."
                    ),
                ),
                (
                    "told_at",
                    models.DateTimeField(
                        help_text="Their message was written; when it has gone, so does this.",
                        null=True,
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalogue.service",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["checked_at"], name="area_alert_checked")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("email", "service", "country", "postcode"),
                        name="one_alert_of_a_place",
                    )
                ],
            },
        ),
    ]
