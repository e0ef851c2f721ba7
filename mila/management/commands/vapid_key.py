from django.core.management.base import BaseCommand

from mila import web_push


class Command(BaseCommand):
    help = "Make a key for VAPID_PRIVATE_KEY, by which the browsers' push services know this site."

    def handle(self, **options):
        self.stdout.write(web_push.new_key())
