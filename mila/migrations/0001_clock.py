"""mila_now(): the database's clock, shifted by at most one row that production settings refuse to write."""

from django.db import migrations

CREATE = """
CREATE TABLE mila_clock (
    the_one boolean PRIMARY KEY DEFAULT true CHECK (the_one),
    real_anchor timestamptz NOT NULL,
    virtual_anchor timestamptz NOT NULL,
    speed double precision NOT NULL DEFAULT 1 CHECK (speed >= 0)
);
CREATE FUNCTION mila_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(
        (SELECT virtual_anchor + (clock_timestamp() - real_anchor) * speed FROM mila_clock),
        clock_timestamp());
$$;
"""


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION mila_now(); DROP TABLE mila_clock;"),
    ]
