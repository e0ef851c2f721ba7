"""What was paid, given back or lost needs papers, which a room above makes (rule M8)."""

from datetime import datetime

from celery import current_app

from mila.transactions import after_commit
from payments.models import Charge

ISSUE = "papers.issue"


def want_papers(charge_id: int, at: datetime) -> None:
    """In the transaction of what happened: a job makes them after the commit, and with the broker
    away the sweep of papers finds the charge.
    """
    Charge.objects.filter(pk=charge_id).update(papers_due_at=at)
    after_commit(_issue, charge_id)


def _issue(charge_id: int) -> None:
    """A job of a room above, by its name."""
    current_app.tasks[ISSUE].delay(charge_id=charge_id)
