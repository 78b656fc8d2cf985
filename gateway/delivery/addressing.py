"""Where a webhook may go: hosts that the settings name, at addresses that are public or named too (against SSRF)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

LONGEST_URL: Final = 2_000  #: characters
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: a translator makes the IPv4 address of the last 32 bits
Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotAllowed(Exception):
    """Nothing is sent there; the words may be shown to whoever gave the address."""


class Place(msgspec.Struct, frozen=True):
    """Where a request really goes."""

    url: str  #: with the address in place of the host
    host: str  #: as the URL has it: what the certificate must be for
    header: str  #: Host, with the port when the URL has one


async def resolved(host: str, port: int) -> Sequence[str]:
    """Addresses of a host by the system's resolver. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Allowed:
    """The hosts and networks of `transfers.webhook_hosts`."""

    def __init__(self, entries: Iterable[str], resolve: Resolve = resolved) -> None:
        self._hosts: set[str] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        self._resolve = resolve
        for entry in entries:
            try:
                self._networks.append(ip_network(entry))
            except ValueError:
                self._hosts.add(entry.lower())

    def check(self, url: str) -> None:
        """Whether a webhook may be registered for this address. Raises NotAllowed; asks no name server."""
        self._parts(url)

    def _parts(self, url: str) -> SplitResult:
        parts = _split(url)
        host = (parts.hostname or "").rstrip(".")
        literal = _literal(host)
        if literal is None and host not in self._hosts:
            raise NotAllowed("this host is not one of those that the settings name")
        if literal is not None and not self._is_listed(literal):
            raise NotAllowed("this address is not one of those that the settings name")
        if parts.scheme == "http" and not (literal is not None and literal.is_loopback):
            raise NotAllowed("only https")
        return parts

    async def place(self, url: str) -> Place:
        """Where to connect to: looked up now, so that a name cannot come to mean something else. Raises NotAllowed,
        or OSError when the name cannot be looked up."""
        parts = self._parts(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = [host] if _literal(host) else list(await self._resolve(host, port))
        for address in addresses:
            self._check_address(address)
        if not addresses:
            raise NotAllowed("the host has no address")
        there = parts._replace(netloc=f"{_bracketed(addresses[0])}:{port}", fragment="").geturl()
        header = _bracketed(host) if parts.port is None else f"{_bracketed(host)}:{parts.port}"
        return Place(there, host, header)

    def _check_address(self, text: str) -> None:
        """Every address of a name must do: which one is taken is nobody's to choose."""
        address = _literal(text)
        if address is None or not (self._is_listed(address) or _is_public(address)):
            raise NotAllowed("the host is at an address that is neither public nor named by the settings")

    def _is_listed(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or any(each in url for each in '\\ "<>'):
        raise NotAllowed("not an address of the web")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("not an address of the web") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise NotAllowed("not an address of the web")
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("no login in the address")
    return parts


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_public(address: Address) -> bool:
    """Not of this host or network; an IPv4 address inside an IPv6 one counts as what it is."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        if address.is_site_local:  # withdrawn (RFC 3879), and still routed in old networks
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
