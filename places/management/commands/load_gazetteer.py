from django.core.management.base import BaseCommand

from places.actions import load_gazetteer


class Command(BaseCommand):
    help = (
        "Bring the table of postcodes to the state of places/data/gazetteer.csv. Rows corrected by "
        "hand stay."
    )

    def handle(self, *args, **options):
        counts = load_gazetteer()
        self.stdout.write(", ".join(f"{count} {word}" for word, count in counts.items()))
