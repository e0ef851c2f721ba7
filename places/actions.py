"""Writing postcodes: the table that comes with the site, and what ops know better."""

from mila.clock import MilaNow
from mila.transactions import verb
from places.gazetteer import FIELDS, Entry, read_csv
from places.models import Postcode

BATCH = 2_000


@verb
def load_gazetteer(entries: list[Entry] | None = None) -> dict[str, int]:
    """Bring the table to the file's state; answers how many rows were added, changed, removed.

    Rows corrected by hand stay as they are. A repeat writes nothing.
    """
    wanted = {
        (entry.country, entry.code): entry for entry in (read_csv() if entries is None else entries)
    }
    kept = set(Postcode.objects.filter(corrected=True).values_list("country", "code"))
    rows = Postcode.objects.filter(corrected=False).values_list(*FIELDS)
    held = {(entry.country, entry.code): entry for entry in (Entry(*row) for row in rows)}
    added = [entry for key, entry in wanted.items() if key not in held and key not in kept]
    changed = [entry for key, entry in wanted.items() if key in held and held[key] != entry]
    removed = held.keys() - wanted.keys()

    Postcode.objects.bulk_create([_row(entry) for entry in added], batch_size=BATCH)
    for entry in changed:
        values = {name: getattr(entry, name) for name in FIELDS[2:]}
        _uncorrected(entry.country, entry.code).update(changed_at=MilaNow(), **values)
    for country, code in removed:
        _uncorrected(country, code).delete()
    return {"added": len(added), "changed": len(changed), "removed": len(removed)}


def _uncorrected(country: str, code: str):
    """Asked again at the write: ops may have corrected the row since it was read."""
    return Postcode.objects.filter(country=country, code=code, corrected=False)


def _row(entry: Entry) -> Postcode:
    return Postcode(**{name: getattr(entry, name) for name in FIELDS})
