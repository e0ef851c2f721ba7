"""Celery entry points of papers."""

import logging

from celery import shared_task

from papers import sweeps
from payments.models import Charge

log = logging.getLogger(__name__)


@shared_task(name="papers.issue")
def issue(*, charge_id: int):
    """The papers of a charge that was just paid."""
    if not Charge.objects.filter(pk=charge_id).exists():
        log.warning("charge %s is gone", charge_id)
        return
    sweeps.issue(charge_id)


@shared_task(name="papers.sweep")
def sweep():
    sweeps.sweep()


@shared_task(name="papers.sweep_statements")
def sweep_statements():
    sweeps.sweep_statements()
