"""What was asked of Stripe and what it answered stays as it was written (docs/database-roles.md).

The body of a message that was dealt with may be emptied after its time (policy.kept); a call's answer may change until it is final: an unknown outcome is asked for again under the same
key.
"""

from django.db import migrations

CREATE = """
CREATE TRIGGER operation_call_stays BEFORE UPDATE OR DELETE ON payments_operation
    FOR EACH ROW EXECUTE FUNCTION columns_stay(
        'id', 'charge_id', 'payout_id', 'refund_id', 'dispute_id', 'kind', 'key', 'params', 'created_at');
CREATE TRIGGER operation_answer_stays BEFORE UPDATE ON payments_operation
    FOR EACH ROW WHEN (OLD.state IN ('done', 'failed'))
    EXECUTE FUNCTION columns_stay('state', 'sent_at', 'answered_at', 'answer');
CREATE TRIGGER operation_table_stays BEFORE TRUNCATE ON payments_operation
    FOR EACH STATEMENT EXECUTE FUNCTION columns_stay();
CREATE TRIGGER stripe_event_message_stays BEFORE UPDATE OR DELETE ON payments_stripeevent
    FOR EACH ROW EXECUTE FUNCTION columns_stay(
        'id', 'stripe_id', 'type', 'account', 'object_id', 'livemode', 'received_at');
CREATE TRIGGER stripe_event_payload_stays BEFORE UPDATE ON payments_stripeevent
    FOR EACH ROW WHEN (NEW.payload <> '{}' OR OLD.done_at IS NULL) EXECUTE FUNCTION columns_stay('payload');
CREATE TRIGGER stripe_event_table_stays BEFORE TRUNCATE ON payments_stripeevent
    FOR EACH STATEMENT EXECUTE FUNCTION columns_stay();
"""
DROP = """
DROP TRIGGER stripe_event_table_stays ON payments_stripeevent;
DROP TRIGGER stripe_event_payload_stays ON payments_stripeevent;
DROP TRIGGER stripe_event_message_stays ON payments_stripeevent;
DROP TRIGGER operation_table_stays ON payments_operation;
DROP TRIGGER operation_answer_stays ON payments_operation;
DROP TRIGGER operation_call_stays ON payments_operation;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_ledger_only_grows"), ("mila", "0002_evidence")]
    operations = [migrations.RunSQL(CREATE, DROP)]
