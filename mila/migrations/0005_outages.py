"""Outages of the sweeps (mila/outages.py): how far the product's clock was ever moved forward, and one row for each gap.

A trigger adds up the jumps, so that nobody who moves the clock can forget to say so. A clock put back adds nothing: the
time between two heartbeats is shorter by itself then.
"""

from django.db import migrations

CREATE = """
CREATE TABLE mila_clock_jumps (
    the_one boolean PRIMARY KEY DEFAULT true CHECK (the_one),
    forward interval NOT NULL
);
INSERT INTO mila_clock_jumps (forward) VALUES (interval '0');
CREATE FUNCTION mila_clock_jumped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    real timestamptz := clock_timestamp();
    before timestamptz := real;
    after timestamptz := real;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        before := OLD.virtual_anchor + (real - OLD.real_anchor) * OLD.speed;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after := NEW.virtual_anchor + (real - NEW.real_anchor) * NEW.speed;
    END IF;
    IF after > before THEN
        UPDATE mila_clock_jumps SET forward = forward + (after - before);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER clock_jumps_are_added_up AFTER INSERT OR UPDATE OR DELETE ON mila_clock
    FOR EACH ROW EXECUTE FUNCTION mila_clock_jumped();

ALTER TABLE mila_heartbeat ADD COLUMN jumped interval NOT NULL DEFAULT '0';
CREATE TABLE mila_outage (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    began_at timestamptz NOT NULL,
    resumed_at timestamptz NOT NULL,
    gap interval NOT NULL,
    reached bigint NOT NULL DEFAULT 0,
    done_at timestamptz,
    UNIQUE (name, began_at)
);
"""
DROP = """
DROP TABLE mila_outage;
ALTER TABLE mila_heartbeat DROP COLUMN jumped;
DROP TRIGGER clock_jumps_are_added_up ON mila_clock;
DROP FUNCTION mila_clock_jumped();
DROP TABLE mila_clock_jumps;
"""


class Migration(migrations.Migration):
    dependencies = [("mila", "0004_evidence")]
    operations = [migrations.RunSQL(CREATE, DROP)]
