"""The words somebody accepted are only added to (docs/database-roles.md)."""

from django.db import migrations

CREATE = """
CREATE TRIGGER policy_publishedtext_rows_stay BEFORE UPDATE OR DELETE ON policy_publishedtext
    FOR EACH ROW EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER policy_publishedtext_stays BEFORE TRUNCATE ON policy_publishedtext
    FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays();
"""
DROP = "DROP TRIGGER policy_publishedtext_stays ON policy_publishedtext; DROP TRIGGER policy_publishedtext_rows_stay ON policy_publishedtext;"


class Migration(migrations.Migration):
    dependencies = [("policy", "0002_raises_its_version"), ("mila", "0002_evidence")]
    operations = [migrations.RunSQL(CREATE, DROP)]
