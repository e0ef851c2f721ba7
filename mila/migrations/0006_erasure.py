"""Who was erased, by whom, when and why: a row for each erased row, only added to (docs/database-roles.md)."""

from django.db import migrations

CREATE = """
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


class Migration(migrations.Migration):
    dependencies = [("mila", "0005_outages")]
    operations = [migrations.RunSQL(CREATE, "DROP TABLE mila_erasure")]
