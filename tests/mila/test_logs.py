"""A log keeps what was asked for, not the keys in it (rule B11, fault S14)."""

import io
import logging
import logging.config
import sys

import pytest
from django.conf import settings
from gunicorn.config import Config

from devstack import addresses, launch
from mila.logs import without_keys
from mila.web.access_log import WebLog
from requests_app.models.booking import new_token

PUBLIC = "d6309999-4eb8-4756-8717-3b2515413d6b"
KEY = "4QZdqwPbgRJxusJNOl4fdQQaLbVM0ZU1fiW_bZ0oukw"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"Not Found: /b/{KEY}/status/", "Not Found: /b/…/status/"),
        (f"/partner/jobs/{PUBLIC}/photos/{KEY}/small/", f"/partner/jobs/{PUBLIC}/photos/…/small/"),
        (f"/accounts/login/?next=%2Fb%2F{KEY}%2F", "/accounts/login/?next=%2Fb%2F…%2F"),
        (f'"GET /b/{KEY} HTTP/1.1" 200 "https://mila.example/b/{KEY}"', '"GET /b/… HTTP/1.1" 200 '
                                                                        '"https://mila.example/b/…"'),
        ("/card/?setup_intent_client_secret=seti_1_secret_x&b=2",
            "/card/?setup_intent_client_secret=…&b=2"),
        (f"/accounts/password/reset/key/1a-c8x2ab-{'0f' * 16}/", "/accounts/password/reset/key/…/"),
        (f"/accounts/confirm-email/MQ:1vNabc:{KEY}/", "/accounts/confirm-email/…/"),
        (f"/bookings/{PUBLIC}/", f"/bookings/{PUBLIC}/"),
        ("/services/in/internet/ took 30 ms", "/services/in/internet/ took 30 ms"),
    ],
)  # fmt: skip
def test_of_an_address_all_but_its_key_is_kept(line, kept):
    assert without_keys(line) == kept


def test_no_token_of_ours_gets_through():
    assert all("…" in without_keys(f"/b/{new_token()}/") for _ in range(1000))


@pytest.fixture
def written(monkeypatch):
    """What the site writes to its console."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    root = logging.getLogger()
    before = (
        root.handlers,
        root.level,
        [(name, logging.getLogger(name).level) for name in settings.LOGGING["loggers"]],
    )
    logging.config.dictConfig({**settings.LOGGING, "incremental": False})
    yield out
    root.handlers, root.level, levels = before
    for name, level in levels:
        logging.getLogger(name).setLevel(level)


def test_the_console_keeps_no_key_of_an_address_or_a_traceback(written):
    try:
        raise ValueError(f"/b/{KEY}/ is odd")
    except ValueError:
        logging.getLogger("django.request").exception("Failed: %s", f"/b/{KEY}/cancel/")

    assert "Failed: /b/…/cancel/" in written.getvalue()
    assert "ValueError: /b/…/ is odd" in written.getvalue()
    assert KEY not in written.getvalue()


def test_the_words_a_template_lacks_are_not_logged_with_all_the_page_knows():
    assert not logging.getLogger("django.template").isEnabledFor(logging.DEBUG)


@pytest.mark.parametrize("logger", ["error_log", "access_log"])
def test_the_page_server_keeps_no_key(logger):
    config = Config()
    config.set("accesslog", "-")
    log = WebLog(config)
    out = io.StringIO()
    handlers = getattr(log, logger).handlers
    for handler in handlers:
        handler.setStream(out)

    getattr(log, logger).warning('"GET /b/%s/ HTTP/1.1" 200', KEY)

    assert '"GET /b/…/ HTTP/1.1" 200' in out.getvalue()
    for handler in list(handlers):
        getattr(log, logger).removeHandler(handler)


def test_both_ways_to_start_the_page_server_use_it():
    """Said in the settings file that gunicorn reads by itself where it starts; neither way names
    another one.
    """
    asked = "mila.web.access_log.WebLog"
    assert f'logger_class = "{asked}"' in (settings.BASE_DIR / "gunicorn.conf.py").read_text()
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text().replace('", "', " ")
    for start in (
        launch.commands("test", addresses.Ports(1, 2, 3), standin=True)["web"],
        dockerfile,
    ):
        assert "gunicorn" in start
        assert "--config" not in start
        assert start.count("--logger-class") == start.count(f"--logger-class {asked}")
