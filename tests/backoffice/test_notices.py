"""Notices in the back office: which did not go out, and what is sent again."""

from datetime import timedelta

import pytest

from accounts import notifications
from mila.clock import mila_now
from tests.backoffice.people_steps import notice, ops, page

__all__ = ["ops"]  # fixtures
pytestmark = pytest.mark.django_db


def test_failed_notice_goes_out_again(ops, morning):
    row = notice()

    answer = ops.post(page("notification_act", row.pk, "resend"), {"reason": "Adresse réparée"})

    row.refresh_from_db()
    assert answer.status_code == 302
    assert (row.state, row.tries, row.error) == ("queued", 0, "")
    assert row.due_at is not None


def test_stuck_notice_goes_out_again_and_only_once(morning):
    row = notice(state="sending", due_at=mila_now() - timedelta(minutes=6))

    assert notifications.send_again(row.pk).state == "queued"
    with pytest.raises(notifications.NothingToSendAgain):
        notifications.send_again(row.pk)


@pytest.mark.parametrize("state", ["queued", "sent", "reached"])
def test_others_are_not_sent_again(ops, morning, state):
    row = notice(state=state)

    ops.post(page("notification_act", row.pk, "resend"), {"reason": "x"})

    row.refresh_from_db()
    assert (row.state, row.tries) == (state, 6)


def test_list_of_failed_notices_is_masked_and_read_only(ops, morning):
    row, sent = notice(), notice(state="sent")

    listed = ops.get(page("notification_changelist"), {"needs": "staff"})
    refused = ops.post(page("notification_change", row.pk), {"state": "sent"})

    assert list(listed.context["cl"].result_list) == [row]
    assert "odile@" not in listed.content.decode()
    assert "odile@" not in ops.get(page("notification_change", sent.pk)).content.decode()
    assert refused.status_code == 403
