"""Jobs of people: messages go out, scores follow the policy.

The sweep's heartbeat is stamped by mila.heartbeat after each success."""

from celery import shared_task

from accounts import calendar_reading, delivery, notifications, push, search, search_rows


@shared_task(name=notifications.DELIVER)
def deliver(*, notification_ids: list[int]) -> None:
    """At most once: a message is marked before it is sent (rule N3)."""
    for notification_id in notification_ids:
        delivery.deliver(notification_id)


@shared_task(name="accounts.push_test")
def push_test(*, device_id: int) -> None:
    """The person's own test of one device."""
    push.send_test(device_id)


@shared_task(name="accounts.sweep_notifications")
def sweep_notifications() -> None:
    """Each second: what is due and has not gone out, and the next channels of what is unheard."""
    delivery.sweep()


@shared_task(name=search.SWEEP_SCORES)
def sweep_scores() -> None:
    """Every ten seconds: who was scored under figures that are no longer in force (rule D2)."""
    search.sweep_scores()


@shared_task(name="accounts.check_search_rows")
def check_search_rows() -> None:
    """Every ten seconds: the next stretch of the nightly check, if it is time
    (docs/decisions/0006).
    """
    search_rows.check()


@shared_task(name="accounts.sweep_calendars")
def sweep_calendars() -> None:
    """Each minute: the other calendars of technicians that are due (rule D1)."""
    calendar_reading.sweep()
