"""The code an authenticator app would show now for somebody of the demo's staff."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from simulation import factor


class Command(BaseCommand):
    help = "Print the code the back office asks for after the password. Only in the demo."

    def add_arguments(self, parser):
        parser.add_argument("email", nargs="?", default="ops@mila.example")

    def handle(self, *, email: str, **options):
        user = User.objects.filter(email=email).first()
        code = user and factor.current_code(user)
        if not code:
            raise CommandError(f"{email} has no factor of the demo.")
        self.stdout.write(code)
