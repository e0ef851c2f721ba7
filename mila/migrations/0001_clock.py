"""The product's clock, the sweeps' heartbeats, and their outages (mila/clock.py, mila/heartbeat.py,
mila/outages.py).

mila_now() is the database's clock, shifted by at most one row that production settings refuse to
write. A trigger adds up how far it was ever moved forward, so that nobody who moves it can forget
to say so. A clock put back adds nothing: the time between two heartbeats is shorter by itself then.
"""

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

-- When each sweep last ran: by the machine's clock, by the product's, and how far that had been moved until then.
CREATE TABLE mila_heartbeat (
    name text PRIMARY KEY,
    at timestamptz NOT NULL,
    product_at timestamptz NOT NULL DEFAULT mila_now(),
    jumped interval NOT NULL DEFAULT '0'
);
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
DROP TABLE mila_heartbeat;
DROP TRIGGER clock_jumps_are_added_up ON mila_clock;
DROP FUNCTION mila_clock_jumped();
DROP TABLE mila_clock_jumps;
DROP FUNCTION mila_now();
DROP TABLE mila_clock;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE, DROP)]
