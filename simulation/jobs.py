"""Celery without a broker: jobs run in this process as soon as their transaction has committed."""

import logging

from mila.celery import app


def run_in_process(*, without: tuple[str, ...]) -> None:
    """From here on, for this process; the jobs named in `without` are dropped, their sweeps find
    the rows later.
    """
    app.conf.task_always_eager = True
    for name in without:
        app.tasks[name].apply_async = lambda *args, **kwargs: None
    logging.getLogger("celery").setLevel(logging.WARNING)
