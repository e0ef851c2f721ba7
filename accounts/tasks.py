"""Jobs of people: messages go out. The sweep's heartbeat is stamped by mila.heartbeat after each success."""

from celery import shared_task

from accounts import notifications


@shared_task(name=notifications.DELIVER)
def deliver(*, notification_id: int) -> None:
    """At most once: a message is marked before it is sent (PRODUCT N3)."""
    notifications.deliver(notification_id)


@shared_task(name="accounts.sweep_notifications")
def sweep_notifications() -> None:
    """Each second: what is due and has not gone out."""
    notifications.sweep()
