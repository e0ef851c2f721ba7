"""An address that somebody gave us leads nowhere but outside (fault W11)."""

import ipaddress
import socket
from types import SimpleNamespace

import pytest

from mila import public_http
from mila.public_http import NotAllowed, NotReached, TooLarge, checked, get, is_public
from tests.mila.tls_server import Authority, Server

HOST = "cal.example.com"
ADDRESS = f"https://{HOST}/secret.ics"
PUBLIC = "93.184.215.14"


@pytest.fixture
def connections(monkeypatch):
    """Where a connection was tried; none is made."""
    tried = []

    def connect(where, *args, **kwargs):
        tried.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


@pytest.fixture
def names(monkeypatch):
    """What a name server says: each question takes the next answer."""
    answers, asked, real = [], [], socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if port != public_http.PORT:  # the server of the test
            return real(host, port, *args, **kwargs)
        asked.append(host)
        found = answers.pop(0)
        return [(0, 0, 0, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return SimpleNamespace(answers=answers, asked=asked)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def outside(authority, names, monkeypatch):
    """A function: a server with this certificate stands at the public address, and that authority
    is the one this machine trusts. Only where the line ends is changed; what goes over it is real.
    """
    servers, real = [], socket.create_connection
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))

    def stand(certificate, **answer):
        server = Server(certificate, **answer)
        servers.append(server)
        names.answers.append([PUBLIC])

        def connect(where, *args, **kwargs):
            assert where == (PUBLIC, public_http.PORT)
            return real(("127.0.0.1", server.port), 5)

        monkeypatch.setattr(socket, "create_connection", connect)
        return server

    yield stand
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    "address",
    [
        "http://cal.example.com/a.ics",
        "ftp://cal.example.com/a.ics",
        "file:///etc/passwd",
        "//cal.example.com/a.ics",
        "cal.example.com/a.ics",
        "https://cal.example.com:8443/a.ics",
        "https://cal.example.com:x/a.ics",
        "https://who:word@cal.example.com/a.ics",
        "https://cal.example.com@127.0.0.1/a.ics",
        "https:///a.ics",
        "https://[::1/a.ics",
        "https://cal.example.com/a b.ics",
        "https://cal.example.com\\@127.0.0.1/",
        "https://cal.example.com/\r\nHost: x",
        "https://caf\u00e9.example.com/a.ics",
        "https://cal.example.com/" + "a" * 1_000,
        "",
    ],
)
def test_other_address_than_public_https_is_refused_by_its_look(address, names, connections):
    with pytest.raises(NotAllowed):
        checked(address)
    with pytest.raises(NotAllowed):
        get(address, most=10)

    assert names.asked == []
    assert connections == []


@pytest.mark.parametrize(
    "private",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:93.184.215.14", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2001:0:1::1",
    ],
)  # fmt: skip
def test_name_of_a_private_network_is_never_connected_to(private, names, connections):
    assert not is_public(ipaddress.ip_address(private))
    names.answers += [[private], [PUBLIC, private]]

    for _one in range(2):  # alone, and behind one that is public
        with pytest.raises(NotAllowed):
            get(ADDRESS, most=10)

    assert connections == []


@pytest.mark.parametrize("number", ["127.0.0.1", "0x7f000001", "2130706433", "127.1", "[::1]"])
def test_number_in_place_of_a_name_is_looked_at_as_well(number, connections):
    with pytest.raises((NotAllowed, NotReached)):
        get(f"https://{number}/a.ics", most=10)

    assert connections == []


def test_name_that_changes_its_answer_is_asked_once_and_bound(names, connections):
    names.answers += [[PUBLIC], ["127.0.0.1"]]

    with pytest.raises(NotReached):
        get(ADDRESS, most=10)

    assert connections == [(PUBLIC, 443)]
    assert names.asked == ["cal.example.com"]


# --- Over a real line


def test_document_comes_over_a_line_to_the_name_that_was_asked_for(outside, authority):
    server = outside(authority.certificate(HOST), body=b"x" * 10)

    assert get(ADDRESS, most=10) == b"x" * 10

    assert server.named == [HOST]
    assert server.asked == ["/secret.ics"]


def test_more_than_is_taken_is_refused(outside, authority):
    outside(authority.certificate(HOST), body=b"x" * 10)

    with pytest.raises(TooLarge):
        get(ADDRESS, most=9)


@pytest.mark.parametrize("fault", ["another name", "an authority nobody trusts", "a time gone by"])
def test_wrong_certificate_is_refused_and_nothing_is_asked(fault, outside, authority, tmp_path):
    certificate = {
        "another name": lambda: authority.certificate("cal.example.net"),
        "an authority nobody trusts": lambda: Authority(tmp_path).certificate(HOST),
        "a time gone by": lambda: authority.certificate(HOST, days=-1),
    }[fault]()
    server = outside(certificate, body=b"x")

    with pytest.raises(NotReached, match="SSLCertVerificationError"):
        get(ADDRESS, most=10)

    assert server.asked == []


def test_server_that_speaks_no_tls_is_refused(outside):
    server = outside(None, body=b"x")

    with pytest.raises(NotReached, match="SSLError"):
        get(ADDRESS, most=10)

    assert server.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 401, 404, 500])
def test_redirect_and_refusal_are_not_followed(status, outside, authority, names):
    server = outside(
        authority.certificate(HOST), status=status, headers=[("Location", "https://127.0.0.1/")]
    )

    with pytest.raises(NotReached, match=str(status)):
        get(ADDRESS, most=10)

    assert names.asked == [HOST]
    assert server.asked == ["/secret.ics"]


def test_slow_answer_is_not_waited_for(outside, authority, monkeypatch):
    outside(authority.certificate(HOST), body=b"x" * 10)
    monkeypatch.setattr(public_http, "SECONDS", -1)

    with pytest.raises(NotReached, match="too slow"):
        get(ADDRESS, most=10)
