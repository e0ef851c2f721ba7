"""A version for each kind of thing that processes keep in memory: another one with every change
(mila/versions.py).

Random, not counted: a change that was rolled back must leave no number that a later change would
have again.
"""

from django.db import migrations

CREATE = """
CREATE TABLE mila_version (name text PRIMARY KEY, version uuid NOT NULL DEFAULT gen_random_uuid());
CREATE FUNCTION another_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mila_version AS kept (name) VALUES (TG_ARGV[0])
        ON CONFLICT (name) DO UPDATE SET version = gen_random_uuid();
    RETURN NULL;
END $$;
"""
DROP = "DROP FUNCTION another_version(); DROP TABLE mila_version;"


class Migration(migrations.Migration):
    dependencies = [("mila", "0002_evidence")]
    operations = [migrations.RunSQL(CREATE, DROP)]
