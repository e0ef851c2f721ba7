"""The ledger is append-only whoever asks, and every entry sums to zero at the commit (rule M7)."""

from django.db import migrations

CREATE = """
CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger only grows: % refused.', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_rows_stay BEFORE UPDATE OR DELETE ON payments_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();
CREATE TRIGGER ledger_table_stays BEFORE TRUNCATE ON payments_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();
CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM payments_ledgerentry WHERE entry = NEW.entry GROUP BY currency HAVING sum(cents) <> 0) THEN
        RAISE EXCEPTION 'Ledger entry % does not sum to zero.', NEW.entry USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON payments_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balances();
"""
DROP = """
DROP TRIGGER ledger_entry_balances ON payments_ledgerentry;
DROP TRIGGER ledger_table_stays ON payments_ledgerentry;
DROP TRIGGER ledger_rows_stay ON payments_ledgerentry;
DROP FUNCTION ledger_balances();
DROP FUNCTION ledger_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
