"""What keeps evidence as it was written: two functions for triggers, and a row for each maintenance
of a cipher and each erasure.

The triggers themselves stand in the migrations of the apps that own the tables
(docs/database-roles.md).
"""

from django.db import migrations

CREATE = """
CREATE TABLE mila_evidence_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    work text NOT NULL,
    role name NOT NULL DEFAULT current_user,
    table_name name NOT NULL,
    row_id bigint NOT NULL,
    columns text[] NOT NULL
);

-- Nothing of it changes. The columns named as arguments are encrypted: the table's owner may write them anew while
-- mila.maintenance names the work, and this leaves a row.
CREATE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    work text := coalesce(current_setting('mila.maintenance', true), '');
    changed text[];
BEGIN
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0 AND work <> ''
       AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        SELECT array_agg(key ORDER BY key) INTO changed
        FROM jsonb_each(to_jsonb(NEW)) AS after JOIN jsonb_each(to_jsonb(OLD)) AS before USING (key)
        WHERE after.value IS DISTINCT FROM before.value;
        IF changed <@ TG_ARGV::text[] THEN
            INSERT INTO mila_evidence_change (work, table_name, row_id, columns)
            VALUES (work, TG_TABLE_NAME, OLD.id, changed);
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'Evidence stays: % on % refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER evidence_change_rows_stay BEFORE UPDATE OR DELETE ON mila_evidence_change
    FOR EACH ROW EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER evidence_change_table_stays BEFORE TRUNCATE ON mila_evidence_change
    FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays();

-- Work goes on in the row, but the columns named as arguments are as they were first written.
CREATE FUNCTION columns_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NOT EXISTS (
        SELECT FROM jsonb_each(to_jsonb(NEW)) AS after JOIN jsonb_each(to_jsonb(OLD)) AS before USING (key)
        WHERE key = ANY (TG_ARGV::text[]) AND after.value IS DISTINCT FROM before.value
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Evidence stays: % on % refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Who was erased, by whom, when and why: a row for each erased row.
CREATE TABLE mila_erasure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    person bigint NOT NULL,
    by text NOT NULL,
    role name NOT NULL DEFAULT current_user,
    reason text NOT NULL,
    table_name name NOT NULL,
    row_id text NOT NULL,
    columns text[] NOT NULL,
    remains text NOT NULL
);
CREATE INDEX mila_erasure_row ON mila_erasure (table_name, row_id);
CREATE TRIGGER erasure_rows_stay BEFORE UPDATE OR DELETE ON mila_erasure
    FOR EACH ROW EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER erasure_table_stays BEFORE TRUNCATE ON mila_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays();
"""
DROP = """
DROP TABLE mila_erasure;
DROP FUNCTION columns_stay();
DROP TABLE mila_evidence_change;
DROP FUNCTION evidence_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("mila", "0001_clock")]
    operations = [migrations.RunSQL(CREATE, DROP)]
