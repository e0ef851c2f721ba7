"""Fill an empty database with the demo world; a second run changes nothing."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from mila.simulation.demo import Demo, logins, logins_file
from mila.simulation.jobs import run_in_process


class Command(BaseCommand):
    help = "Partners, customers and bookings in every state, to click through. Does nothing where people exist."

    def handle(self, **options):
        if settings.PRODUCTION:
            raise CommandError("A production database is no place for a demo.")
        if User.objects.exists():
            return
        # There is no worker yet, and the world is built step by step.
        run_in_process(without=("accounts.deliver", "dispatch.search", "payments.charge"))
        demo = Demo()
        demo.build()
        logins_file().parent.mkdir(parents=True, exist_ok=True)
        logins_file().write_text(logins(demo), encoding="utf-8")
        self.stdout.write(f"Ops password, shown this once: {demo.ops_password}")
