import django.db.models.deletion
import mila.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("icon", models.SlugField(help_text="Name of a symbol in the sprite.")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("name_fr", models.CharField(max_length=60, null=True, verbose_name="name")),
                ("name_de", models.CharField(max_length=60, null=True, verbose_name="name")),
                ("name_it", models.CharField(max_length=60, null=True, verbose_name="name")),
                ("name_en", models.CharField(max_length=60, null=True, verbose_name="name")),
                ("hurt", models.CharField(max_length=120, verbose_name="what hurts")),
                ("hurt_fr", models.CharField(max_length=120, null=True, verbose_name="what hurts")),
                ("hurt_de", models.CharField(max_length=120, null=True, verbose_name="what hurts")),
                ("hurt_it", models.CharField(max_length=120, null=True, verbose_name="what hurts")),
                ("hurt_en", models.CharField(max_length=120, null=True, verbose_name="what hurts")),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ["position", "slug"],
            },
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("thing", "A thing people name"),
                            ("act", "What is wanted, or wrong"),
                            ("not_sold", "Not sold"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="Shown where it is not sold.",
                        max_length=80,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_fr",
                    models.CharField(
                        blank=True,
                        help_text="Shown where it is not sold.",
                        max_length=80,
                        null=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_de",
                    models.CharField(
                        blank=True,
                        help_text="Shown where it is not sold.",
                        max_length=80,
                        null=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_it",
                    models.CharField(
                        blank=True,
                        help_text="Shown where it is not sold.",
                        max_length=80,
                        null=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        blank=True,
                        help_text="Shown where it is not sold.",
                        max_length=80,
                        null=True,
                        verbose_name="name",
                    ),
                ),
                ("brands", models.TextField(blank=True, verbose_name="words of every language")),
                ("words", models.TextField(blank=True, verbose_name="words people search with")),
                (
                    "words_fr",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
                (
                    "words_de",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
                (
                    "words_it",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
                (
                    "words_en",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
            ],
            options={
                "verbose_name": "topic of the search",
                "verbose_name_plural": "topics of the search",
                "ordering": ["kind", "slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "not_sold"), _negated=True),
                            models.Q(("name", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="what_is_not_sold_has_a_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("name_fr", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("name_de", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("name_it", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("name_en", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("summary", models.CharField(max_length=240, verbose_name="summary")),
                ("summary_fr", models.CharField(max_length=240, null=True, verbose_name="summary")),
                ("summary_de", models.CharField(max_length=240, null=True, verbose_name="summary")),
                ("summary_it", models.CharField(max_length=240, null=True, verbose_name="summary")),
                ("summary_en", models.CharField(max_length=240, null=True, verbose_name="summary")),
                ("included", models.TextField(blank=True, verbose_name="included")),
                ("included_fr", models.TextField(blank=True, null=True, verbose_name="included")),
                ("included_de", models.TextField(blank=True, null=True, verbose_name="included")),
                ("included_it", models.TextField(blank=True, null=True, verbose_name="included")),
                ("included_en", models.TextField(blank=True, null=True, verbose_name="included")),
                ("not_included", models.TextField(blank=True, verbose_name="not included")),
                (
                    "not_included_fr",
                    models.TextField(blank=True, null=True, verbose_name="not included"),
                ),
                (
                    "not_included_de",
                    models.TextField(blank=True, null=True, verbose_name="not included"),
                ),
                (
                    "not_included_it",
                    models.TextField(blank=True, null=True, verbose_name="not included"),
                ),
                (
                    "not_included_en",
                    models.TextField(blank=True, null=True, verbose_name="not included"),
                ),
                ("tools", models.TextField(blank=True, verbose_name="tools")),
                ("tools_fr", models.TextField(blank=True, null=True, verbose_name="tools")),
                ("tools_de", models.TextField(blank=True, null=True, verbose_name="tools")),
                ("tools_it", models.TextField(blank=True, null=True, verbose_name="tools")),
                ("tools_en", models.TextField(blank=True, null=True, verbose_name="tools")),
                ("steps", models.TextField(blank=True, verbose_name="steps")),
                ("steps_fr", models.TextField(blank=True, null=True, verbose_name="steps")),
                ("steps_de", models.TextField(blank=True, null=True, verbose_name="steps")),
                ("steps_it", models.TextField(blank=True, null=True, verbose_name="steps")),
                ("steps_en", models.TextField(blank=True, null=True, verbose_name="steps")),
                ("prepare", models.TextField(blank=True, verbose_name="what to prepare")),
                (
                    "prepare_fr",
                    models.TextField(blank=True, null=True, verbose_name="what to prepare"),
                ),
                (
                    "prepare_de",
                    models.TextField(blank=True, null=True, verbose_name="what to prepare"),
                ),
                (
                    "prepare_it",
                    models.TextField(blank=True, null=True, verbose_name="what to prepare"),
                ),
                (
                    "prepare_en",
                    models.TextField(blank=True, null=True, verbose_name="what to prepare"),
                ),
                (
                    "search_words",
                    models.TextField(blank=True, verbose_name="words people search with"),
                ),
                (
                    "search_words_fr",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
                (
                    "search_words_de",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
                (
                    "search_words_it",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
                (
                    "search_words_en",
                    models.TextField(
                        blank=True, null=True, verbose_name="words people search with"
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(verbose_name="duration in minutes"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to="catalogue.category",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.skill",
                    ),
                ),
            ],
            options={
                "verbose_name": "service",
                "verbose_name_plural": "services",
                "ordering": ["category__position", "position", "slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("duration_minutes__gte", 15), ("duration_minutes__lte", 480)
                        ),
                        name="service_lasts_15_to_480_min",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "A few words"),
                            ("choice", "One of a list"),
                            ("number", "A number"),
                        ],
                        max_length=6,
                        verbose_name="kind",
                    ),
                ),
                ("words", models.CharField(max_length=120, verbose_name="question")),
                ("words_fr", models.CharField(max_length=120, null=True, verbose_name="question")),
                ("words_de", models.CharField(max_length=120, null=True, verbose_name="question")),
                ("words_it", models.CharField(max_length=120, null=True, verbose_name="question")),
                ("words_en", models.CharField(max_length=120, null=True, verbose_name="question")),
                (
                    "options",
                    models.TextField(
                        blank=True, help_text="One a line.", verbose_name="answers to choose from"
                    ),
                ),
                (
                    "options_fr",
                    models.TextField(
                        blank=True,
                        help_text="One a line.",
                        null=True,
                        verbose_name="answers to choose from",
                    ),
                ),
                (
                    "options_de",
                    models.TextField(
                        blank=True,
                        help_text="One a line.",
                        null=True,
                        verbose_name="answers to choose from",
                    ),
                ),
                (
                    "options_it",
                    models.TextField(
                        blank=True,
                        help_text="One a line.",
                        null=True,
                        verbose_name="answers to choose from",
                    ),
                ),
                (
                    "options_en",
                    models.TextField(
                        blank=True,
                        help_text="One a line.",
                        null=True,
                        verbose_name="answers to choose from",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "services",
                    models.ManyToManyField(related_name="questions", to="catalogue.service"),
                ),
            ],
            options={
                "verbose_name": "question of a service",
                "verbose_name_plural": "questions of services",
                "ordering": ["position", "slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind", "choice"), ("options", ""), _negated=True),
                        name="what_is_chosen_from_a_list_has_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Package",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("name_fr", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("name_de", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("name_it", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("name_en", models.CharField(max_length=80, null=True, verbose_name="name")),
                ("summary", models.CharField(blank=True, max_length=160, verbose_name="summary")),
                (
                    "summary_fr",
                    models.CharField(blank=True, max_length=160, null=True, verbose_name="summary"),
                ),
                (
                    "summary_de",
                    models.CharField(blank=True, max_length=160, null=True, verbose_name="summary"),
                ),
                (
                    "summary_it",
                    models.CharField(blank=True, max_length=160, null=True, verbose_name="summary"),
                ),
                (
                    "summary_en",
                    models.CharField(blank=True, max_length=160, null=True, verbose_name="summary"),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(verbose_name="duration in minutes"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "services",
                    models.ManyToManyField(
                        blank=True, related_name="packages", to="catalogue.service"
                    ),
                ),
            ],
            options={
                "verbose_name": "package",
                "verbose_name_plural": "packages",
                "ordering": ["position", "slug"],
            },
        ),
        migrations.CreateModel(
            name="Checklist",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("preparation", "Before you set off"),
                            ("presentation", "At the door"),
                            ("explanation", "Shown and explained"),
                            ("tidy_up", "Tidied up"),
                        ],
                        max_length=12,
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("items", models.TextField(help_text="One line each.", verbose_name="items")),
                (
                    "items_fr",
                    models.TextField(help_text="One line each.", null=True, verbose_name="items"),
                ),
                (
                    "items_de",
                    models.TextField(help_text="One line each.", null=True, verbose_name="items"),
                ),
                (
                    "items_it",
                    models.TextField(help_text="One line each.", null=True, verbose_name="items"),
                ),
                (
                    "items_en",
                    models.TextField(help_text="One line each.", null=True, verbose_name="items"),
                ),
                ("starts_at", models.DateTimeField()),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checklists",
                        to="catalogue.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "checklist",
                "verbose_name_plural": "checklists",
                "ordering": ["part", "service", "version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("service", "part", "version"), name="one_version_of_a_checklist"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("service__isnull", True)),
                        fields=("part", "version"),
                        name="one_version_of_a_general_checklist",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServicePrice",
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
                (
                    "currency",
                    models.CharField(
                        choices=[("EUR", "EUR"), ("CHF", "CHF")],
                        max_length=3,
                        verbose_name="currency",
                    ),
                ),
                ("price_cents", models.PositiveIntegerField(verbose_name="price in cents")),
                (
                    "starts_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), verbose_name="from"),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="catalogue.service",
                        verbose_name="service",
                    ),
                ),
            ],
            options={
                "verbose_name": "price of a service",
                "verbose_name_plural": "prices of services",
                "ordering": ["country", "-starts_at"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price_cents__gt", 0)),
                        name="serviceprice_costs_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("country", "FR"), ("currency", "EUR")),
                            models.Q(("country", "CH"), ("currency", "CHF")),
                            _connector="OR",
                        ),
                        name="serviceprice_currency_of_country",
                    ),
                    models.UniqueConstraint(
                        fields=("service", "country", "starts_at"),
                        name="one_service_price_an_instant",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TopicLead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(default=100, verbose_name="per cent")),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalogue.service",
                        verbose_name="service",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leads",
                        to="catalogue.topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "service it leads to",
                "verbose_name_plural": "services it leads to",
                "constraints": [
                    models.UniqueConstraint(fields=("topic", "service"), name="one_lead_a_service")
                ],
            },
        ),
        migrations.AddField(
            model_name="topic",
            name="services",
            field=models.ManyToManyField(
                related_name="topics", through="catalogue.TopicLead", to="catalogue.service"
            ),
        ),
        migrations.CreateModel(
            name="PackagePrice",
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
                (
                    "currency",
                    models.CharField(
                        choices=[("EUR", "EUR"), ("CHF", "CHF")],
                        max_length=3,
                        verbose_name="currency",
                    ),
                ),
                ("price_cents", models.PositiveIntegerField(verbose_name="price in cents")),
                (
                    "starts_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), verbose_name="from"),
                ),
                (
                    "package",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="catalogue.package",
                        verbose_name="package",
                    ),
                ),
            ],
            options={
                "verbose_name": "price of a package",
                "verbose_name_plural": "prices of packages",
                "ordering": ["country", "-starts_at"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price_cents__gt", 0)),
                        name="packageprice_costs_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("country", "FR"), ("currency", "EUR")),
                            models.Q(("country", "CH"), ("currency", "CHF")),
                            _connector="OR",
                        ),
                        name="packageprice_currency_of_country",
                    ),
                    models.UniqueConstraint(
                        fields=("package", "country", "starts_at"),
                        name="one_package_price_an_instant",
                    ),
                ],
            },
        ),
    ]
