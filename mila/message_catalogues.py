"""Compiled message catalogues: locale/*/LC_MESSAGES/django.mo out of the .po beside it.

Needs no gettext.
"""

from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_catalogues(folder: Path = LOCALE) -> list[Path]:
    """Compile every catalogue that is newer than its compiled form; answers those it wrote.

    A repeat writes none.
    """
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            _compile(source, target)
            written.append(target)
    return written


def _compile(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name)
    half = target.with_suffix(".mo.new")  # a reader never sees half a catalogue
    with half.open("wb") as file:
        write_mo(file, catalogue)
    half.replace(target)


if __name__ == "__main__":
    compile_catalogues()
