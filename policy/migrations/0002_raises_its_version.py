"""The figures in force are kept in the pages' processes: every change gives
them another version.
"""

from django.db import migrations

TABLES = ("policy_policyrow",)
CREATE = """
CREATE TRIGGER {table}_another_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION another_version('catalogue');
"""
DROP = "DROP TRIGGER {table}_another_version ON {table};"


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial"), ("mila", "0003_versions")]
    operations = [migrations.RunSQL(CREATE.format(table=t), DROP.format(table=t)) for t in TABLES]
