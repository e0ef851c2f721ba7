from django.core.management.base import BaseCommand, CommandError

from backoffice import filling


class Command(BaseCommand):
    help = (
        "Fill a migrated database with postcodes and catalogue. Running it again changes nothing."
    )

    def handle(self, *args, **options):
        filling.fill(self.stdout.write)
        if left := filling.missing():
            raise CommandError(f"Still missing: {', '.join(left)}.")
        self.stdout.write("Ready for bookings.")
