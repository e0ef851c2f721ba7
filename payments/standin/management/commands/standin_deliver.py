"""Sends the stand-in's events to the site, as Stripe would.

Runs beside the web server; ends cleanly on SIGTERM.
"""

import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from payments.standin.delivery import deliver_pending
from payments.standin.router import ALIAS
from payments.standin.user_actions import let_disputes_end, let_payouts_arrive, let_refunds_settle

POLL_SECONDS = 0.3
REST_SECONDS = 3.0


class Command(BaseCommand):
    help = "Deliver the stand-in's signed events to SITE_URL until stopped."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="Deliver what is due, then end.")

    def handle(self, *, once, **options):
        if not settings.STANDIN:
            raise CommandError("STRIPE_SECRET_KEY is set: Stripe delivers its own events.")
        if once:
            _banks_work()
            self.stdout.write(f"{deliver_pending()} taken")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            stop.wait(self._round())

    def _round(self):
        """Delivers what is due; seconds until the next look."""
        try:
            _banks_work()
            deliver_pending()
        except OperationalError as error:
            # The database restarts or is not up yet: the rows are still there afterwards.
            self.stderr.write(f"Waiting for the database: {error}")
            connections[ALIAS].close()
            return REST_SECONDS
        return POLL_SECONDS


def _banks_work() -> None:
    """What the banks of the partners and the customers do meanwhile."""
    let_payouts_arrive()
    let_refunds_settle()
    let_disputes_end()
