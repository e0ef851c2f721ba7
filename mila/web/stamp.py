"""What every page is made of beside its rows: templates, words, styles."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

MADE_OF = ("templates", "static", "locale")


@cache
def site_stamp() -> str:
    """Another one after each release; the same in every process of it."""
    files = (
        path
        for folder in MADE_OF
        for path in (Path(settings.BASE_DIR) / folder).rglob("*")
        if path.is_file()
    )
    facts = sorted((str(path), path.stat().st_mtime_ns) for path in files)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
