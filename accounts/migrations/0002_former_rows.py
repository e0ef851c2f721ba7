"""What the search read before it changed is kept (rule D9)."""

from django.db import migrations

# A changed or deleted row of these is kept as it was, without what a person wrote.
REMEMBERED = ("accounts_calendarentry", "accounts_weeklyhours", "accounts_skillsearch")
CREATE = """
CREATE FUNCTION accounts_remember() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := mila_now();
BEGIN
    IF TG_OP = 'UPDATE' THEN
        NEW.since_at := OLD.since_at;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
        NEW.since_at := at;
    END IF;
    INSERT INTO accounts_formerrow (what, technician_id, "row", since_at, until_at)
    VALUES (TG_TABLE_NAME, OLD.technician_id, to_jsonb(OLD) - 'note', OLD.since_at, at);
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_remembered BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION accounts_remember();
"""
    for table in REMEMBERED
)
DROP = (
    "".join(f"DROP TRIGGER {table}_remembered ON {table};\n" for table in REMEMBERED)
    + "DROP FUNCTION accounts_remember();"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
