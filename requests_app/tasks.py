"""Celery entry points of the booking's clocks."""

from celery import shared_task

from requests_app import sweeps
from requests_app.actions import appealing, contesting


@shared_task(name="requests_app.sweep")
def sweep():
    sweeps.sweep_bookings()
    sweeps.sweep_clocks()
    sweeps.sweep_positions()
    sweeps.sweep_photos()
    sweeps.sweep_faults()
    appealing.sweep_appeals()
    contesting.sweep_appeals()
