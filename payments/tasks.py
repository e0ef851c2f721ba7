"""Celery entry points of money."""

import logging

from celery import shared_task

from payments import comparing, sweeps, webhooks
from payments.models import StripeEvent
from requests_app.models import Booking

log = logging.getLogger(__name__)


@shared_task(name="payments.charge")
def charge(*, booking_id: int):
    """Charge what was signed, or what cancelling costs."""
    if not Booking.objects.filter(pk=booking_id).exists():
        log.warning("booking %s is gone", booking_id)
        return
    sweeps.charge_booking(booking_id)


@shared_task(name="payments.handle_event")
def handle_event(*, event_id: int):
    if not StripeEvent.objects.filter(pk=event_id).exists():
        log.warning("event %s is gone", event_id)
        return
    webhooks.handle(event_id)


@shared_task(name="payments.sweep")
def sweep():
    sweeps.sweep()


@shared_task(name="payments.sweep_payouts")
def sweep_payouts():
    sweeps.sweep_payouts()


@shared_task(name="payments.sweep_returns")
def sweep_returns():
    sweeps.sweep_returns()


@shared_task(name="payments.compare")
def compare():
    """Each minute it is asked whether a night has begun since the last comparison."""
    comparing.compare_if_due()
