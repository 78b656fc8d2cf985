"""Where a request comes from, and by what road, when proxies stand in front."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fastapi import Request

Network = IPv4Network | IPv6Network


class Proxies:
    """Peers whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody else's are."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._trusted: tuple[Network, ...] = tuple(map(ip_network, networks))

    def address(self, request: Request) -> str:
        """The nearest address that no trusted proxy has: what lies further left anybody could have written."""
        peer = request.client.host if request.client else ""
        if not self._is_trusted(peer):
            return peer
        named = [each.strip() for each in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
        for each in reversed([name for name in named if name]):
            if _parsed(each) is None:
                return peer
            if not self._is_trusted(each):
                return each
        return peer

    def scheme(self, request: Request) -> str:
        """As the browser sees it: http or https."""
        peer = request.client.host if request.client else ""
        said = request.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        return said if said in {"http", "https"} and self._is_trusted(peer) else request.url.scheme

    def _is_trusted(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._trusted)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
