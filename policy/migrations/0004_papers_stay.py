"""The words somebody accepted are only added to (docs/database-roles.md)."""

from django.db import migrations

CREATE = """
CREATE TRIGGER policy_paper_rows_stay BEFORE UPDATE OR DELETE ON policy_paper
    FOR EACH ROW EXECUTE FUNCTION evidence_stays();
CREATE TRIGGER policy_paper_stays BEFORE TRUNCATE ON policy_paper
    FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays();
"""
DROP = "DROP TRIGGER policy_paper_stays ON policy_paper; DROP TRIGGER policy_paper_rows_stay ON policy_paper;"


class Migration(migrations.Migration):
    dependencies = [("policy", "0003_paper"), ("mila", "0002_evidence")]
    operations = [migrations.RunSQL(CREATE, DROP)]
