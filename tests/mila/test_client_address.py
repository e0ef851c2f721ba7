"""Whose request it is cannot be chosen by whoever sends it (fault S2)."""

import pytest
from django.test import RequestFactory

from mila.web.client_address import UNKNOWN, client_address, client_block


def request(forwarded=None, peer="10.0.0.1"):
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **more)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.7", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (1, "x, 'or 1=1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.9", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),  # past the proxies, from inside
        (1, None, "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "203.0.113.7:49152", "203.0.113.7"),
        (1, "[2001:db8::7]:49152", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "2001:DB8:0:0::0007", "2001:db8::7"),
    ],
)
def test_as_many_entries_count_as_there_are_proxies(settings, proxies, forwarded, found):
    settings.TRUSTED_PROXIES = proxies

    assert client_address(request(forwarded)) == found


def test_a_socket_has_no_address(settings):
    settings.TRUSTED_PROXIES = 0

    assert client_address(request(peer="")) == UNKNOWN


def test_a_household_is_one_block(settings):
    settings.TRUSTED_PROXIES = 1

    assert client_block(request("2001:db8:1:2:aaaa::1")) == client_block(
        request("2001:db8:1:2:bbbb::2")
    )
    assert client_block(request("2001:db8:1:2::1")) != client_block(request("2001:db8:1:3::1"))
    assert client_block(request("203.0.113.7")) != client_block(request("203.0.113.8"))
