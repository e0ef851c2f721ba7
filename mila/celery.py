"""Celery: jobs by name, and the beat schedule of the sweeps."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
app = Celery("mila")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A tick that could not be taken within its period is dropped: the next one finds the same rows.
EVERY_SECOND = {"schedule": 1.0, "options": {"expires": 2}}
EVERY_TEN_SECONDS = {"schedule": 10.0, "options": {"expires": 20}}
app.conf.beat_schedule = {
    "offers": {"task": "dispatch.sweep", **EVERY_SECOND},
    "notices": {"task": "accounts.sweep_notifications", **EVERY_SECOND},
    "bookings": {"task": "requests_app.sweep", **EVERY_TEN_SECONDS},
    "charges": {"task": "payments.sweep", **EVERY_TEN_SECONDS},
}
