"""After a new key was put first in FIELD_KEYS: write every encrypted column anew, so that the old
key may go.
"""

from django.core.management.base import BaseCommand

from mila.rotation import rotate_all


class Command(BaseCommand):
    help = (
        "Write every encrypted column anew under the first of FIELD_KEYS. Connect as the owner of "
        "the tables."
    )

    def handle(self, *args, **options):
        for name, cells in rotate_all().items():
            self.stdout.write(f"{name:40} {cells:8}")
