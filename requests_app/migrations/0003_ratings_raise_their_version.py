"""The mean of all ratings is kept in the pages' processes: every rating
gives it another version.
"""

from django.db import migrations

TABLES = ("requests_app_rating",)
CREATE = """
CREATE TRIGGER {table}_another_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION another_version('ratings');
"""
DROP = "DROP TRIGGER {table}_another_version ON {table};"


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0002_evidence_stays"), ("mila", "0003_versions")]
    operations = [migrations.RunSQL(CREATE.format(table=t), DROP.format(table=t)) for t in TABLES]
