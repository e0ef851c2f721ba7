"""Check what must always hold; exit 1 and name what does not."""

import json

from django.core.management.base import BaseCommand

from backoffice.invariants import INVARIANTS, violations
from requests_app.models import Booking


class Command(BaseCommand):
    help = (
        "Check the invariants of bookings, offers, money and clocks over the whole database, or "
        "one booking."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--booking", type=int, help="only this booking, by its number without the letter"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *args, booking=None, **options):
        found = violations(None if booking is None else [booking])
        if options["json"]:
            self.stdout.write(
                json.dumps({"bookings": Booking.objects.count(), "violations": found})
            )
        else:
            for name, (sentence, _check) in INVARIANTS.items():
                self.stdout.write(f"{name:7} {'BROKEN' if name in found else 'holds '} {sentence}")
                for row in found.get(name, []):
                    self.stdout.write(f"          {row}")
        if found:
            raise SystemExit(1)
