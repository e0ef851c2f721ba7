"""Odd bytes get a calm page, never an error of ours (fault W3)."""

import json

import pytest
from django.http import UnreadablePostError
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mila.web import request_limits
from mila.web.middleware import ReadableInput
from mila.wsgi import application

pytestmark = [pytest.mark.urls("tests.mila.pages"), pytest.mark.django_db]

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


def refused(answer, status=400):
    assert answer.status_code == status
    assert "<h1>" in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    return True


@pytest.mark.parametrize(
    "query",
    [
        "a=%00",
        "%00=a",
        "a=%ff",
        "a=%ED%A0%80",
        "a=%C0%AF",
        "a=" + "x" * 8000,
        "&".join(f"k{n}=1" for n in range(301)),
    ],
    ids=["nul", "nul name", "not utf-8", "surrogate", "overlong", "long", "many"],
)
def test_query_that_cannot_be_read(browser, query):
    refused(
        browser.get("/echo/", QUERY_STRING=query),
        414 if len(query) > 8000 and "x" in query else 400,
    )


@pytest.mark.parametrize("path", ["/plain/%00/", "/plain/%ff/", "/plain/%ED%B0%80/"])
def test_path_that_cannot_be_read(browser, path):
    refused(browser.get(path))


def test_absurdly_long_path(browser):
    refused(browser.get("/plain/" + "x" * 2100 + "/"), 414)


@pytest.mark.parametrize("body", ["a=%00", "%00=1", "a=" + "x" * 300_001, "n" * 201 + "=1"])
def test_form_that_cannot_be_read(browser, body):
    refused(browser.post("/echo/", body, content_type=FORM), 413 if len(body) > 200 else 400)


def test_form_of_too_many_fields(browser):
    refused(browser.post("/echo/", "&".join(f"k{n}=1" for n in range(301)), content_type=FORM))


def test_form_larger_than_the_limit(browser):
    refused(browser.post("/echo/", "a=" + "x" * (2 * 1024 * 1024), content_type=FORM), 413)


def test_body_announced_larger_than_anybody_needs(browser):
    refused(browser.post("/echo/", "a=1", content_type=FORM, CONTENT_LENGTH=str(10**9)), 413)


def test_only_a_view_that_takes_files_may_be_sent_so_much(browser, rf):
    refused(
        browser.post(
            "/echo/", "a=1", content_type=FORM, CONTENT_LENGTH=str(request_limits.LARGEST_FORM + 1)
        ),
        413,
    )
    request = rf.post("/", CONTENT_LENGTH=str(request_limits.LARGEST_FORM + 1))
    with pytest.raises(request_limits.TooLarge):
        request_limits.check_size(request, lambda request: None)

    request_limits.check_size(request, request_limits.takes_files(lambda request: None))


@pytest.mark.parametrize("length", ["-1", "abc", "²"])
def test_odd_length(browser, length):
    refused(browser.post("/echo/", "a=1", content_type=FORM, CONTENT_LENGTH=length))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", "x"),
        ("multipart/form-data; boundary=", "x"),
        ("multipart/form-data; boundary=ä", "x"),
        ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=a\r\n"),
        (
            "multipart/form-data; boundary=b",
            '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\x00\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            '--b\r\nContent-Disposition: form-data; name="a"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n=\r\n--b--\r\n",
        ),
        (f"{FORM}; charset=utf-16", "a=1"),
        (f"{FORM}; charset=hex", "a=1"),
        ("multipart/form-data; boundary=b; charset=hex", "--b--"),
        ("text/plain; charset=nothing", "a=1"),
    ],
)
def test_multipart_and_charset_that_cannot_be_read(browser, kind, body):
    answer = browser.generic("POST", "/echo/", body, content_type=kind)

    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.content in (b"0||", b"1||")  # nothing in it


@pytest.mark.parametrize("charset", ["hex", "rot13", "nothing", "utf-16"])
def test_charset_that_is_none_of_text_does_not_break_the_request_itself(charset):
    environ = RequestFactory()._base_environ(
        PATH_INFO="/echo/", QUERY_STRING="a=1", CONTENT_TYPE=f"text/plain; charset={charset}"
    )
    said = []

    body = b"".join(application(environ, lambda status, headers: said.append(status)))

    assert said == ["400 Bad Request"]
    assert b"<h1>" in body


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "messages", "django_language", "other"])
def test_cookie_that_cannot_be_read(browser, name):
    browser.cookies[name] = "x"

    refused(browser.get("/plain/", HTTP_COOKIE=f'{name}="ab\\000cdefgh"'))


def test_header_that_cannot_be_read(browser):
    refused(browser.get("/plain/", HTTP_USER_AGENT="a\x00b"))


@pytest.mark.parametrize(
    ("field", "name", "status"),
    [("a", "foto.jpg", 200), ("a", "f\x00.jpg", 200), ("n" * 201, "x", 413)],
)
def test_odd_names_of_files_and_their_fields(browser, field, name, status):
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
    body = f"--b\r\n{head}\r\n\r\nx\r\n--b--\r\n"

    assert (
        browser.generic(
            "POST", "/echo/", body, content_type="multipart/form-data; boundary=b"
        ).status_code
        == status
    )


def test_refusal_is_in_the_browsers_language(browser):
    answer = browser.get("/echo/?a=%00", HTTP_ACCEPT_LANGUAGE="de")

    assert answer["Content-Language"] == "de"
    assert '<html lang="de">' in answer.content.decode()


def test_page_that_is_no_number(browser):
    refused(browser.get("/pages/?page=x"))
    refused(browser.get("/pages/?page=7"))


def test_value_that_only_the_database_refuses(browser, caplog):
    refused(browser.get("/stores/?a=99999999999999999999"))
    assert "Unstorable input" in caplog.text


def test_signed_webhook_gets_its_raw_body(browser):
    body = b"\xff\x00" * 10

    answer = browser.generic("POST", "/hook/", body, content_type="multipart/form-data; boundary=b")

    assert answer.content == b"20"


def test_body_cut_short_is_refused():
    class Cut:
        def read(self, *args):
            raise OSError("gone")

        def close(self):
            pass

    request = RequestFactory().post("/echo/", "a=1", content_type=FORM)
    request._stream = Cut()

    answer = ReadableInput(None).process_view(request, lambda request: None, [], {})

    assert answer.status_code == 400


def test_what_is_not_about_input_is_left_alone():
    middleware = ReadableInput(None)
    request = RequestFactory().get("/")

    assert middleware.process_exception(request, RuntimeError()) is None
    assert middleware.process_exception(request, UnreadablePostError("x")).status_code == 400


def test_ordinary_input_passes(browser):
    assert (
        browser.post("/echo/?a=%F0%9F%91%8D", {"a": "Zoë – œuf"}).content.decode()
        == "1|Zoë – œuf|👍"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'"\\u0000"',
        b'"\\ud800"',
        b"NaN",
        b"[Infinity]",
        b"1e400",
        b"123456789012345678901",
        b'{"a": 1, "a": 2}',
        b'{"\\u0000": 1}',
        b"[" * 21 + b"]" * 21,
        b"[" * 10_000 + b"]" * 10_000,
        b"1" * 5000,
    ],
    ids=range(13),
)
def test_json_that_cannot_be_read(browser, body):
    refused(browser.generic("POST", "/read/", body, content_type="application/json"))


def test_json_that_is_too_large(browser):
    body = json.dumps(["x" * 290_000] * 4)

    refused(browser.generic("POST", "/read/", body, content_type="application/json"), 413)


def test_ordinary_json_passes(browser):
    body = '{"points": [[1, 2.5], [null, true]], "name": "Zoë"}'

    answer = browser.generic("POST", "/read/", body, content_type="application/json")

    assert (
        answer.json()
        if answer["Content-Type"] == "application/json"
        else json.loads(answer.content)
    )


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    query=st.binary(max_size=60),
    body=st.binary(max_size=80),
    kind=st.sampled_from(
        [FORM, "multipart/form-data; boundary=b", "application/json", "text/plain", ""]
    ),
    address=st.sampled_from(["/echo/", "/read/", "/hook/", "/plain/"]),
)
def test_no_bytes_make_an_error(browser, query, body, kind, address):
    answer = browser.generic(
        "POST", address, body, content_type=kind, QUERY_STRING=query.decode("latin-1")
    )

    assert answer.status_code < 500


def test_long_text_is_refused_by_the_limit_given():
    with pytest.raises(request_limits.TooLarge):
        request_limits.check_text("abc", longest=2)
