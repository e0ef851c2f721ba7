"""Whose call it was stays as it was written, of a payout too (docs/database-roles.md)."""

from django.db import migrations

CREATE = """
DROP TRIGGER operation_call_stays ON payments_operation;
CREATE TRIGGER operation_call_stays BEFORE UPDATE OR DELETE ON payments_operation
    FOR EACH ROW EXECUTE FUNCTION columns_stay('id', 'charge_id', 'payout_id', 'kind', 'key', 'params', 'created_at');
"""
DROP = """
DROP TRIGGER operation_call_stays ON payments_operation;
CREATE TRIGGER operation_call_stays BEFORE UPDATE OR DELETE ON payments_operation
    FOR EACH ROW EXECUTE FUNCTION columns_stay('id', 'charge_id', 'kind', 'key', 'params', 'created_at');
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_payouts")]
    operations = [migrations.RunSQL(CREATE, DROP)]
