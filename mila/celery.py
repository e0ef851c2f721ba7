"""Celery: jobs by name, and the beat schedule of the sweeps."""

import os

from celery import Celery
from kombu.exceptions import OperationalError

from mila.breaker import Breaker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")

PATIENCE = 0.2  # seconds for one word of the broker's while a job is handed over


class BriskCelery(Celery):
    """Hands a job over within a moment or leaves it to the sweep: a hung broker must hold no page
    (fault F4).

    What workers wait for jobs with is another connection, with a patience of its own.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.breaker = Breaker((OperationalError,), OperationalError)

    def connection_for_write(self, url=None, **kwargs):
        brisk = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "max_retries": 0}
        return super().connection_for_write(url, **{**kwargs, "transport_options": brisk})

    def send_task(self, *args, **kwargs):
        """Raises kombu's OperationalError when the broker does not take it, at once for a while
        after a failure.
        """
        with self.breaker:
            return super().send_task(*args, **kwargs)


app = BriskCelery("mila")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A tick that could not be taken within its period is dropped: the next one finds the same rows.
EVERY_SECOND = {"schedule": 1.0, "options": {"expires": 2}}
EVERY_TEN_SECONDS = {"schedule": 10.0, "options": {"expires": 20}}
EVERY_MINUTE = {"schedule": 60.0, "options": {"expires": 60}}
app.conf.beat_schedule = {
    "offers": {"task": "dispatch.sweep", **EVERY_SECOND},
    "alerts": {"task": "dispatch.sweep_alerts", **EVERY_TEN_SECONDS},
    "notices": {"task": "accounts.sweep_notifications", **EVERY_SECOND},
    "scores": {"task": "accounts.sweep_scores", **EVERY_TEN_SECONDS},
    "search rows": {"task": "accounts.check_search_rows", **EVERY_TEN_SECONDS},
    "calendars": {"task": "accounts.sweep_calendars", **EVERY_MINUTE},
    "bookings": {"task": "requests_app.sweep", **EVERY_TEN_SECONDS},
    "traces": {"task": "dispatch.count_exclusions", **EVERY_TEN_SECONDS},
    "charges": {"task": "payments.sweep", **EVERY_TEN_SECONDS},
    "retention": {"task": "backoffice.let_go", **EVERY_MINUTE},
    "payouts": {"task": "payments.sweep_payouts", **EVERY_TEN_SECONDS},
    "comparison": {"task": "payments.compare", **EVERY_MINUTE},
    "returns": {"task": "payments.sweep_returns", **EVERY_TEN_SECONDS},
    "papers": {"task": "papers.sweep", **EVERY_TEN_SECONDS},
    "statements": {"task": "papers.sweep_statements", **EVERY_MINUTE},
}
