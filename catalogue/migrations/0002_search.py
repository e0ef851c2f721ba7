"""Search by what hurts: typing errors (pg_trgm), accents (unaccent), and one way of writing words.

catalogue_plain('Mon Wi-Fi n’a plus d’accès') = 'mon wifi n a plus d acces', for what is asked and
what is searched.
"""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

CREATE = """
CREATE FUNCTION catalogue_plain(words text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(replace(lower(unaccent(words)), '-', ''), '[^a-z0-9]+', ' ', 'g'));
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(CREATE, "DROP FUNCTION catalogue_plain(text);"),
    ]
