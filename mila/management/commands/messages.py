"""manage.py messages: bring the catalogues of phrases up to the source, check them, fill them,
compile them.
"""

import json
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path

from django.core.management.base import BaseCommand, DjangoHelpFormatter

from mila import message_catalogues, translations

HELP = """Phrases of the site, English in the source, in locale/<language>/LC_MESSAGES/django.po.

  manage.py messages                     merge: new phrases in, gone ones out, translations kept
  manage.py messages --check             exit 1 if one is missing, fuzzy, gone or has lost a name
  manage.py messages --compile           write the .mo files (also done by bin/run and the tests)
  manage.py messages --missing fr        print what French lacks, as JSON to be filled in ("texts")
  manage.py messages --fill fr FILE      take the filled JSON over and say what is wrong with it
"""


class AsWritten(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Help with its own line breaks."""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()

    def create_parser(self, *args, **kwargs):
        return super().create_parser(*args, formatter_class=AsWritten, **kwargs)

    def add_arguments(self, parser):
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--check", action="store_true", help="only look; exit 1 if anything is amiss"
        )
        what.add_argument("--compile", action="store_true", help="only write the .mo files")
        what.add_argument("--missing", metavar="LANGUAGE", choices=translations.PLURALS)
        what.add_argument("--fill", nargs=2, metavar=("LANGUAGE", "FILE"))

    def handle(self, *, check, compile, missing, fill, **options):
        if check:
            self._check(translations.PLURALS)
        elif compile:
            message_catalogues.compile_catalogues()
        elif missing:
            self._missing(missing)
        elif fill:
            self._fill(*fill)
        else:
            for language in translations.PLURALS:
                lacking = translations.merge(language)
                self.stdout.write(f"{language}: {lacking} phrases without words")

    def _check(self, languages):
        source = translations.collect()
        found = [
            problem
            for language in languages
            for problem in translations.problems(language, source=source)
        ]
        if found:
            self.stdout.write("\n".join(found))
            sys.exit(1)

    def _missing(self, language):
        known, fuzzy = translations.read(language)
        lacking = [
            {
                "context": phrase.context,
                "singular": phrase.singular,
                "plural": phrase.plural,
                "files": sorted(phrase.files),
                "texts": [""] * len(phrase.sources),
            }
            for key, phrase in sorted(translations.collect().items())
            if key in fuzzy or key not in known or not all(known[key].texts)
        ]
        self.stdout.write(json.dumps(lacking, ensure_ascii=False, indent=1))

    def _fill(self, language, file):
        said = {
            (entry["context"], entry["singular"]): tuple(entry["texts"])
            for entry in json.loads(Path(file).read_text())
            if all(entry["texts"])
        }
        translations.merge(language, said=said)
        self._check([language])
