"""Celery entry points of the search."""

import logging

from celery import shared_task

from dispatch import alerts, offers, sweeps
from requests_app.models import Booking

log = logging.getLogger(__name__)


@shared_task(name="dispatch.search")
def search(*, booking_id: int):
    """Ask the next technician."""
    try:
        offers.open_next(booking_id)
    except Booking.DoesNotExist:
        log.warning("booking %s is gone", booking_id)


@shared_task(name="dispatch.withdraw")
def withdraw(*, booking_id: int):
    """End what a later move has fenced, and tell the lists it stood in."""
    try:
        offers.withdraw(booking_id)
        offers.tell_lists(booking_id)
    except Booking.DoesNotExist:
        log.warning("booking %s is gone", booking_id)


@shared_task(name="dispatch.sweep")
def sweep():
    sweeps.sweep()


@shared_task(name="dispatch.count_exclusions")
def count_exclusions():
    """Every ten seconds, beside the sweep, which may not wait for it."""
    sweeps.count_exclusions()


@shared_task(name="dispatch.sweep_alerts")
def sweep_alerts():
    """Whether somebody comes now to where nobody did (rule B14)."""
    alerts.sweep()
