from django.core.management.base import BaseCommand

from accounts import search_rows


class Command(BaseCommand):
    help = (
        "Compare what the search reads of every technician with their own data, and write anew "
        "what differs. "
        "In pieces, while the site runs; a nightly check does the same."
    )

    def handle(self, *args, **options):
        self.stdout.write(f"{search_rows.rebuild()} technicians written anew")
