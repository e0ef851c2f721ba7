"""Papers, their files and what refunds gave back are only added to (docs/database-roles.md)."""

from django.db import migrations

# Table -> its encrypted columns.
EVIDENCE = {
    "papers_paper": ("content",),
    "papers_paperfile": ("body",),
    "papers_givenback": (),
}


def create(table, columns):
    given = ", ".join(f"'{column}'" for column in columns)
    return f"""
CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION evidence_stays({given});
CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays();
"""


def drop(table):
    return f"DROP TRIGGER {table}_stays ON {table}; DROP TRIGGER {table}_rows_stay ON {table};"


class Migration(migrations.Migration):
    dependencies = [("papers", "0001_initial"), ("mila", "0002_evidence")]
    operations = [
        migrations.RunSQL(create(table, columns), drop(table))
        for table, columns in EVIDENCE.items()
    ]
