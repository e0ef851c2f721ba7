"""Jobs of the house itself."""

from celery import shared_task

from backoffice import retention


@shared_task(name="backoffice.let_go")
def let_go() -> None:
    """Each minute: what has been kept long enough."""
    retention.let_go()
