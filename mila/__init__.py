"""The project: settings, addresses, jobs, the clock. No business words."""

from mila.celery import app as celery_app

__all__ = ["celery_app"]
