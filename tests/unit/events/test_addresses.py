"""Which addresses a webhook may connect to."""

from __future__ import annotations

import socket

import pytest

from headgate.events.sinks.addresses import ForbiddenAddressError, is_public, public_socket


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:c0a8:101::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "2001:db8::1",
        "not an address",
        "/run/redis.sock",
    ],
)
def test_own_machine_and_network(address: str) -> None:
    """Loopback, private, link-local, shared, multicast and documentation addresses are not public, in any disguise."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_internet(address: str) -> None:
    """Addresses of the public internet are, those that stand for one of IPv4 included."""
    assert is_public(address)


def test_no_socket_for_the_own_network() -> None:
    """The socket for a private address is never made, whatever name it was looked up for."""
    with pytest.raises(ForbiddenAddressError, match=r"10\.0\.0\.8 is an address of the own machine or network"):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.8", 443)))
    with pytest.raises(ForbiddenAddressError):
        public_socket((socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::ffff:10.0.0.8", 443, 0, 0)))
    with public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))) as made:
        assert made.family == socket.AF_INET
