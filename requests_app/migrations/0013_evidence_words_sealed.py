"""Words in rows of evidence are encrypted, so that they alone can be erased when the law wants it (law R17, R18)."""

from django.db import migrations

import mila.encrypted_fields
from mila.encrypted_fields import keyring

# Table -> (columns encrypted before, columns encrypted from here on).
EVIDENCE = {
    "requests_app_bookingevent": ((), ("reason",)),
    "requests_app_signoff": (("signer", "signature"), ("text", "device")),
    "requests_app_latesignature": (("signer", "signature"), ("text", "device")),
    "requests_app_contactaccess": ((), ("reason",)),
}


def trigger(table, columns):
    given = ", ".join(f"'{column}'" for column in columns)
    return f"""
CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION evidence_stays({given});
"""


def replaced(table, columns, former):
    drop = f"DROP TRIGGER {table}_rows_stay ON {table};"
    return migrations.RunSQL(drop, trigger(table, former)), migrations.RunSQL(trigger(table, columns), drop)


def seal(apps, schema_editor):
    """Words that exist, by the owner, while the triggers rest."""
    with schema_editor.connection.cursor() as cursor:
        for table, (_before, columns) in EVIDENCE.items():
            for column in columns:
                cursor.execute(f"SELECT id, {column} FROM {table} WHERE {column} <> ''")
                for pk, words in cursor.fetchall():
                    sealed = keyring().encrypt(words.encode()).decode()
                    cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [sealed, pk])


def sealed_column(model, name, **options):
    field = mila.encrypted_fields.EncryptedTextField(**options)
    return migrations.AlterField(model_name=model, name=name, field=field)


PAIRS = [
    replaced(table, (*before, *columns), before) for table, (before, columns) in EVIDENCE.items()
]
WORDS = {"help_text": "The very words that were on the screen."}


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0012_clock_words")]
    operations = [
        *(drop for drop, _create in PAIRS),
        sealed_column("bookingevent", "reason", blank=True, default=""),
        sealed_column("contactaccess", "reason"),
        *(sealed_column(model, "text", **WORDS) for model in ("signoff", "latesignature")),
        *(sealed_column(model, "device", blank=True, default="") for model in ("signoff", "latesignature")),
        migrations.RunPython(seal, migrations.RunPython.noop),
        *(create for _drop, create in PAIRS),
    ]
