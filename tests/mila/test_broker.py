"""A broker that hangs or is away holds no page: one short try for the process, the sweep does the
rest (fault F4).
"""

import socket
from contextlib import suppress

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import UnixDomainSocketConnection

from mila import breaker
from mila.celery import BriskCelery
from mila.transactions import after_commit


@pytest.fixture(params=["hung", "dead"])
def away(request, tmp_path):
    """The site's jobs, handed to a server that takes connections and never
    answers, or to nobody.
    """
    path = str(tmp_path / "s")
    jobs = BriskCelery("away", broker=f"redis+socket://{path}", set_as_current=False)
    jobs.conf.task_publish_retry = False
    with socket.socket(socket.AF_UNIX) as server:
        if request.param == "hung":
            server.bind(path)
            server.listen(64)
        yield jobs
        jobs.close()


@pytest.fixture
def tries(monkeypatch):
    """Each try to reach a broker, with the patience it had; a rest lasts as long as the test."""
    monkeypatch.setattr(breaker, "REST", 600)
    tried = []
    connect = UnixDomainSocketConnection.connect
    monkeypatch.setattr(
        UnixDomainSocketConnection,
        "connect",
        lambda self, *args: (tried.append(self.socket_timeout), connect(self, *args)),
    )
    return tried


def hand_over(jobs):
    with pytest.raises(OperationalError):
        jobs.send_task("some.job", kwargs={"booking_id": 7})


def test_one_try_of_200_ms_for_eight_orders(away, tries):
    for _order in range(8):
        hand_over(away)
        hand_over(away)  # an order hands over a search and a message

    assert tries == [0.2]


def test_after_its_rest_one_goes_to_look_and_the_others_still_wait(away, tries):
    hand_over(away)
    away.breaker.closed_until = 0.001  # long ago

    hand_over(away)
    hand_over(away)

    assert tries == [0.2, 0.2]


def test_broker_that_is_back_is_used_at_once(celery_app_of_the_site):
    celery_app_of_the_site.breaker.closed_until = 0.001

    celery_app_of_the_site.send_task("some.job", expires=1)
    celery_app_of_the_site.send_task("some.job", expires=1)

    assert celery_app_of_the_site.breaker.closed_until == 0


@pytest.fixture
def celery_app_of_the_site():
    """The same servers, and a queue nobody listens to."""
    from mila.celery import app

    jobs = BriskCelery("back", broker=app.conf.broker_url, set_as_current=False)
    jobs.conf.task_default_queue = "nobody"
    yield jobs
    with jobs.connection_for_write() as connection:
        connection.default_channel.queue_purge("nobody")
    jobs.close()


@pytest.mark.django_db(transaction=True)
def test_transaction_whose_job_was_not_taken_stands(away, tries):
    done = []

    with transaction.atomic():
        after_commit(away.send_task, "some.job")
        after_commit(done.append, "the rest")

    assert done == ["the rest"]
    assert tries == [0.2]


def test_what_workers_wait_with_keeps_its_own_patience(away, tries):
    away.conf.broker_transport_options = {"socket_timeout": 5, "max_retries": 0}

    assert away.connection_for_read().transport_options["socket_timeout"] == 5
    with suppress(OperationalError):
        assert away.connection_for_write().transport_options["socket_timeout"] == 0.2
