"""The frame of `run --check`: a browser without script, steps, waiting.

The walk itself needs the whole site.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import embedded
from devstack import smoke_check
from simulation import page_flows
from simulation.html_client import PageError, Visitor, forms_of, words_of

PAGE = """<!doctype html><head><title>no word</title></head><h1>Une  page&nbsp;&amp; ses mots</h1>
<form method="post" id="step" action="/send/">
<input type="hidden" name="csrfmiddlewaretoken" value="t0">
<input type="radio" name="slot" value="9" checked><input type="radio" name="slot" value="10">
<input type="checkbox" name="terms"><input type="text" name="city" value="L&#x27;Isle">
<select name="country"><option value="FR">F</option><option value="CH" selected>S</option></select>
<select name="first"><option value="a">A</option><option value="b">B</option></select>
<textarea name="problem">
Le &lt;Wi-Fi&gt;</textarea><input type="file" name="photo"><input name="off" value="1" disabled>
<button name="add" value="1">+</button><button>Send</button></form>
<form action="/search/"><input name="q" value="old"></form>
<button form="step" name="drop" value="2">-</button><script>no word</script>"""


@pytest.fixture
def form():
    return forms_of(PAGE)[0]


def test_form_untouched_sends_what_a_browser_would(form):
    assert form.filled({}) == [
        ("csrfmiddlewaretoken", "t0"),
        ("slot", "9"),
        ("city", "L'Isle"),
        ("country", "CH"),
        ("first", "a"),
        ("problem", "Le <Wi-Fi>"),
    ]


def test_chosen_values_take_the_place_of_the_given(form):
    sent = form.filled({"slot": 10, "terms": "on", "add": "1", "city": "Lyon"})

    assert [pair for pair in sent if pair[0] in ("slot", "terms", "add", "city")] == [
        ("slot", "10"), ("terms", "on"), ("add", "1"), ("city", "Lyon"),
    ]  # fmt: skip


def test_button_outside_belongs_to_its_form(form):
    assert ("drop", "2") in form.filled({"drop": "2"})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"slot": "11"}, "no slot '11', only 9, 10"),
        ({"phone": "1"}, "no field phone"),
        ({"off": "2"}, "no field off"),
    ],
)
def test_what_the_page_does_not_offer_cannot_be_sent(form, values, sentence):
    with pytest.raises(PageError, match=sentence):
        form.filled(values)


def test_words_of_a_page_are_what_a_person_reads():
    words = words_of(PAGE)

    assert words.startswith("Une page & ses mots")
    assert "no word" not in words


# --- Against a small site


class Site(BaseHTTPRequestHandler):
    """Says what it was sent; keeps a cookie; leads on; breaks; answers a stream."""

    seen: list = []

    def do_GET(self):
        self.answer("")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def answer(self, body):
        path = urlsplit(self.path)
        fields = parse_qs(body or path.query)
        self.seen.append((self.command, path.path, fields, self.headers.get("Cookie", "")))
        if path.path == "/events/":
            return self.stream()
        status = {"/broken/": 500, "/gone/": 404, "/send/": 302}.get(path.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/after/")
        self.send_header("Set-Cookie", "who=me")
        self.end_headers()
        self.wfile.write(b'{"id": "pm_1"}' if path.path == "/api/" else PAGE.encode())
        return None

    def stream(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"retry: 2000\n\n" + b': \n\ndata: {"event": "moved"}\n\n')
        self.wfile.flush()
        self.server.hold.wait(5)

    def log_message(self, *words):
        """Quiet."""


@pytest.fixture
def site():
    Site.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.hold = threading.Event()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.hold.set()
        server.shutdown()
        thread.join()


def test_visitor_follows_and_keeps_cookies(site):
    visitor = Visitor(site)
    visitor.get("/")

    visitor.submit(visitor.form(within="step"), terms="on")

    assert visitor.path == "/after/"
    method, path, fields, cookie = Site.seen[1]
    assert (method, path, fields["terms"], cookie) == ("POST", "/send/", ["on"], "who=me")


def test_form_that_asks_goes_into_the_address(site):
    visitor = Visitor(site)
    visitor.get("/here/")

    visitor.submit(visitor.form(has="q"), q="mon wifi")

    assert Site.seen[1][:3] == ("GET", "/search/", {"q": ["mon wifi"]})


def test_answer_that_is_no_page_says_which(site):
    visitor = Visitor(site)

    with pytest.raises(PageError, match="GET /broken/ answered 500: Une page") as broken:
        visitor.get("/broken/")
    with pytest.raises(PageError) as away:
        Visitor("http://127.0.0.1:9").get("/")

    assert broken.value.status == 500
    assert away.value.status == 0


def test_form_must_be_the_only_one(site):
    visitor = Visitor(site)
    visitor.get("/")

    assert visitor.form(to="/send/").ident == "step"
    with pytest.raises(PageError, match="0 forms for phone"):
        visitor.form(has="phone")


def test_call_of_a_script_leaves_the_page(site):
    visitor = Visitor(site)
    visitor.get("/")

    answer = visitor.call("/api/", [("type", "card")], {"Authorization": "Bearer pk"})

    assert answer == {"id": "pm_1"}
    assert visitor.path == "/"


def test_event_stream_is_heard_and_left_at_once(site):
    walk = smoke_check.Walk(site)

    with smoke_check.listening(f"{site}/events/?ticket=t") as heard:
        walk.hears(heard, "moved")


def test_silent_stream_is_told(site, monkeypatch):
    monkeypatch.setattr(smoke_check, "PROMPTLY", 0.2)

    with (
        pytest.raises(smoke_check.CheckError, match="did not say settled within"),
        smoke_check.listening(f"{site}/events/?ticket=t") as heard,
    ):
        smoke_check.Walk(site).hears(heard, "settled")


def test_page_without_a_stream_is_told(site):
    visitor = Visitor(site)
    visitor.get("/")

    with pytest.raises(PageError, match="no data-live-url"):
        page_flows.stream_address(visitor)


def test_mails_are_written_where_the_check_looks_for_them(settings):
    # An address with one slash too few made the folder relative to wherever the process stood.
    assert Path(settings.EMAIL_FILE_PATH) == embedded.var(settings.INSTANCE) / "mail"


# --- Steps


def test_step_is_printed_with_its_time(capsys):
    with smoke_check.step("the search finds it"):
        pass

    assert capsys.readouterr().out.split() == ["ok", "0.00", "s", "the", "search", "finds", "it"]


def test_failed_step_is_printed_and_raised(capsys):
    with (
        pytest.raises(smoke_check.CheckError, match="it is claimed"),
        smoke_check.step("the booking is settled"),
    ):
        smoke_check.expect(False, "it is claimed")

    assert "FAILED" in capsys.readouterr().out


def test_until_answers_what_was_found_or_says_how_long_it_waited():
    answers = iter([None, "", "there"])

    assert smoke_check.until(lambda: next(answers), "nothing came") == "there"
    with pytest.raises(smoke_check.CheckError, match="nothing came \\(waited 0 s\\)"):
        smoke_check.until(lambda: None, "nothing came", within=0.2)


@pytest.mark.parametrize(
    ("fails", "code"), [(None, 0), (smoke_check.CheckError("expected so"), 1), (OSError("gone"), 1)]
)
def test_walk_ends_with_its_first_failure(monkeypatch, capsys, fails, code):
    def all_steps(self):
        if fails:
            raise fails

    monkeypatch.setattr(smoke_check.Walk, "all", all_steps)
    monkeypatch.setattr(smoke_check.connections, "close_all", lambda: None)

    assert smoke_check.walk("http://localhost:1") == code

    said = capsys.readouterr().out
    assert ("All went well" in said) is (code == 0)
    assert not fails or str(fails) in said
