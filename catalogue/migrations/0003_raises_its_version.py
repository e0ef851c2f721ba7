"""What is sold is kept in the pages' processes: every change gives it another version."""

from django.db import migrations

TABLES = (
    "catalogue_category",
    "catalogue_service",
    "catalogue_package",
    "catalogue_package_services",
    "catalogue_serviceprice",
    "catalogue_packageprice",
)
CREATE = """
CREATE TRIGGER {table}_another_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION another_version('catalogue');
"""
DROP = "DROP TRIGGER {table}_another_version ON {table};"


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_search"), ("mila", "0003_versions")]
    operations = [migrations.RunSQL(CREATE.format(table=t), DROP.format(table=t)) for t in TABLES]
