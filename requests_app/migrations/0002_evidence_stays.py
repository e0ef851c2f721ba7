"""Events, sign-offs, signatures, answers to quotes, ticks, looks at contact data and places of a
wait are only added to (docs/database-roles.md).
"""

from django.db import migrations

# Table -> its encrypted columns.
EVIDENCE = {
    "requests_app_bookingevent": ("reason",),
    "requests_app_signoff": ("signer", "signature", "text", "device"),
    "requests_app_latesignature": ("signer", "signature", "text", "device"),
    "requests_app_contactaccess": ("reason",),
    "requests_app_doorplace": ("point",),
    "requests_app_quoteevent": ("words", "signer", "signature", "device"),
    "requests_app_checklisttick": (),
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
    dependencies = [("requests_app", "0001_initial"), ("mila", "0002_evidence")]
    operations = [
        migrations.RunSQL(create(table, columns), drop(table))
        for table, columns in EVIDENCE.items()
    ]
